#!/usr/bin/env node
import { addAsk } from './commands/ask.ts'
import { addBackup } from './commands/backup.ts'
import { addConfig } from './commands/config.ts'
import { addContext } from './commands/context.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEval } from './commands/eval.ts'
import { addExport } from './commands/export.ts'
import { addFacets } from './commands/facets.ts'
import { addIndex } from './commands/index-admin.ts'
import { addIngest } from './commands/ingest.ts'
import { addList } from './commands/list.ts'
import { addMcp } from './commands/mcp.ts'
import { addRecommend } from './commands/recommend.ts'
import { addRemove } from './commands/remove.ts'
import { addRestore } from './commands/restore.ts'
import { addSearch } from './commands/search.ts'
import { addServe } from './commands/serve.ts'
import { addShow } from './commands/show.ts'
import { addSimilar } from './commands/similar.ts'
import { addStats } from './commands/stats.ts'
import { addSuggest } from './commands/suggest.ts'
import { addVerify } from './commands/verify.ts'
import { createProgram, run } from './program.ts'

const program = createProgram()
addIngest(program)
addServe(program)
addSearch(program)
addSimilar(program)
addSuggest(program)
addRecommend(program)
addContext(program)
addVerify(program)
addMcp(program)
addAsk(program)
addShow(program)
addList(program)
addRemove(program)
addStats(program)
addFacets(program)
addExport(program)
addEval(program)
addIndex(program)
addBackup(program)
addRestore(program)
addDoctor(program)
addConfig(program)
await run(program, process.argv)
