"""The commands of `dsnmf`, one per module.

`add(commands)` of each adds the command's parser to argparse's sub-parsers, with
`set_defaults(run=…)`; what a command imports besides argparse it imports when it runs, so that
`dsnmf --help` stays quick.
"""
