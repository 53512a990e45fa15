{
  "targets": [
    {
      "target_name": "graph",
      "sources": ["graph.cc"],
      "include_dirs": ["<!(node -p \"require('path').dirname(require.resolve('hnswlib-node/package.json')) + '/src/hnswlib'\")"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions"],
      # Similarities have the same bits wherever they are made.
      "cflags_cc": ["-ffp-contract=off"],
      "conditions": [
        # A thread of ours may still be ending when the last who loaded it goes.
        ["OS=='linux'", {"ldflags": ["-Wl,-z,nodelete"]}],
        ["OS=='win'", {"defines": ["_HAS_EXCEPTIONS=1"], "msvs_settings": {"VCCLCompilerTool": {"ExceptionHandling": 1}}}],
        ["OS=='mac'", {"xcode_settings": {"GCC_ENABLE_CPP_EXCEPTIONS": "YES", "GCC_SYMBOLS_PRIVATE_EXTERN": "YES", "OTHER_CPLUSPLUSFLAGS": ["-ffp-contract=off"]}}]
      ]
    }
  ]
}
