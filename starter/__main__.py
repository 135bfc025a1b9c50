"""The entry point of `longhaul`. The overview is plain text, so that it is there at once; commands load when called."""

import os
import sys

OVERVIEW = """\
longhaul: durable jobs for AI agents, on Temporal

Usage: longhaul COMMAND [ARGUMENTS]      longhaul COMMAND --help says more

On this machine
  up            start Postgres, Valkey, Temporal and a worker
  status        what runs
  doctor        what is wrong, and how to mend it
  down          end everything that `up` started
  worker        run a worker in the foreground
  codec-server  let the web UI read encrypted payloads
  demo          a whole job with a killed worker, a changed mind and an approval

Jobs
  start         start a job
  list          jobs; with --waiting, all that waits for a person
  show          one job: plan, requests, progress
  watch         follow a job live
  result        what a job came to; with --wait, wait for it
  timeline      a job's events
  verify        check a job's journal against its hashes
  rebuild       make the tables anew from the journal
  report        how reliable it was: what was lost, repeated, recovered, and spared; with --day, on one day,
                with --html, as a page with plots
  tools         what agents can call, and what a repeated call would do
  torture       put a tool of your own under faults: does it keep the promise of its effect?
  chaos         a whole installation of its own under faults: what was lost, repeated, recovered
  recover       start again what lost its workflow: after the loss of the Temporal server, or a mistake in its web UI

People
  tell          change the requirements, or with --info only inform
  answer        answer a question, or settle an unknown outcome (sent, again, skip)
  approve       consent to one request
  reject        say no to one request
  pause, resume, cancel
  approver-key  make the key that an approver signs with

Memory and TODO
  memory show   what an agent remembers; with --at, what it remembered then
  memory log    every change of it: when, by whom, why
  memory diff   what differs between two versions
  memory search what it remembers about a question, archive included
  memory remember, memory forget, memory pin
                add, remove and keep entries
  memory rollback
                make it what it was at a version, as a new version
  memory compact
                condense old entries into summaries now; workers do it by themselves
  memory export write it into a folder, with --git all its versions
  memory grant, memory revoke, memory grants
                let another agent read it, or add to it
  memory erase  take an entry out of all that is kept, the journal too
  todo show     what an agent does, did and will do
  todo log      what changed its list
  todo add, todo done, todo drop
                change it, heard before the next decision
  profile show, profile set
                who an agent is, and its standing rules
  prefer        how a person wants things, in every job that they speak to

Exit codes: 0 done, 1 job failed, 2 usage or refused, 3 waits for a person, 4 wait timed out (the job goes on),
5 stack unreachable, 130 Ctrl-C (detaches, never cancels).
Most commands take -o text, json or jsonl: data goes to stdout, everything else to stderr.
"""


def main() -> None:
    """Runs one command and ends the process itself: Temporal's native runtime can abort when the interpreter ends."""
    words = sys.argv[1:]
    if words in ([], ["--help"], ["-h"], ["help"]):
        sys.stdout.write(OVERVIEW)
        code = 0
    else:
        from starter.app import run

        code = run(words)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
