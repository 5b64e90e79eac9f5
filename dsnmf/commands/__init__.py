"""The commands of `dsnmf`, one per module.

Each module's `add(commands)` adds the command's parser to argparse's sub-parsers, with
`set_defaults(run=…)`. A command imports everything but argparse when it runs, so that
`dsnmf --help` stays quick.
"""
