"""The commands of `gala-ssl`, one file each: `configure(parser)` adds its options, `run(arguments)` does it.

A command's module imports nothing heavy, so that `--help` is there at once: what it needs it imports in `run`.
`main` finds them, `options` has what several share.
"""
