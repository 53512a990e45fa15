{
  "targets": [
    {
      "target_name": "kernels",
      "sources": ["addon.cc"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions"],
      "cflags_cc": ["-std=c++17", "-O3", "-ffp-contract=off", "-Wno-maybe-uninitialized", "-Wno-uninitialized"],
      "conditions": [
        # A thread of ours may still be ending when the last who loaded it goes.
        ["OS=='linux'", {"ldflags": ["-Wl,-z,nodelete"]}],
        ["OS=='win'", {"defines": ["_HAS_EXCEPTIONS=1"], "msvs_settings": {"VCCLCompilerTool": {"ExceptionHandling": 1}}}],
        ["OS=='mac'", {"xcode_settings": {"GCC_ENABLE_CPP_EXCEPTIONS": "YES", "GCC_SYMBOLS_PRIVATE_EXTERN": "YES", "OTHER_CPLUSPLUSFLAGS": ["-std=c++17", "-O3", "-ffp-contract=off"]}}]
      ]
    }
  ]
}
