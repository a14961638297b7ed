#!/bin/bash
# Real mail servers to test against, each on 127.0.0.1 with a throw-away configuration. Needs root and Debian 12.
#
#   ctl.sh list [auth]            the servers there are: one folder each, beside this script; with auth also
#                                 those that only logins and streams are tried with (auth_only=yes)
#   ctl.sh install [NAME...]      fetch them (all, if none is named); what is there already, by the same recipe, stays
#   ctl.sh start NAME PORT [PID]  start one and wait for its greeting; prints what a test needs, KEY=VALUE a line;
#                                 with PID it ends when that process does, however that ends
#   ctl.sh stop [NAME PORT]       stop it, or all that this script started
#
# PORT speaks STARTTLS, PORT+1 TLS from the start. User tester@example.test, password testpass, token testtoken, unless the
# server's folder says otherwise. The mailboxes tester@ and postmaster@example.test exist; all else is refused at RCPT, also
# after AUTH. No server hands mail on to another host.
# Everything lies below $TABELLARIUS_SERVERS (default /tmp/tabellarius-servers).
set -eu
shopt -s inherit_errexit
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib.sh"

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2; exit 2; }

list() {
  local d
  for d in "$here"/*/server.sh; do
    if [ "${1:-}" = auth ] || ! grep -q '^auth_only=' "$d"; then basename "$(dirname "$d")"; fi
  done
}

# load NAME: the functions of that server. Its server.sh brings server_install (which ends by printing the version),
# server_configure (writes into $run) and server_command (sets the array `command`, the process to run in the foreground);
# server_tells, if there is one, prints more KEY=VALUE lines.
load() {
  name=$1 folder=$here/$1 tree=$base/tree/$1
  [ -f "$folder/server.sh" ] || die "no server named $name; there are: $(list auth | tr '\n' ' ')"
  user=tester@example.test password=testpass
  . "$folder/server.sh"
}

fetch() { # a name that no program has: the servers' own scripts call install
  [ $# -gt 0 ] || set -- $(list)
  exec 9>"$base/lock"; flock 9 # two runs on one machine do not unpack over each other
  for n; do
    ( load "$n"
      # with what it compiles
      recipe=$(declare -f server_install; find "$folder" -maxdepth 1 \( -name '*.go' -o -name go.sum -o -name '*.c' \) -exec cksum {} + | sort)
      if [ ! -s "$tree/.version" ] || [ "$(cat "$tree/.recipe" 2>/dev/null)" != "$recipe" ]; then
        refresh
        rm -rf "$tree"; mkdir -p "$tree"
        version=$(server_install)
        echo "$recipe" >"$tree/.recipe"
        echo "$version" >"$tree/.version"
      fi
      echo "$n $(cat "$tree/.version")" ) # no `||` here: it would switch off set -e inside
  done
  certificate
}

start() {
  [ $# = 2 ] || [ $# = 3 ] || usage
  local owner=${3:-}
  port=$2; load "$1"
  [ -s "$tree/.version" ] || die "$name is not installed; run: $0 install $name"
  certificate
  run=$base/run/$name-$port
  stop_one "$run"; rm -rf "$run"; mkdir -p "$run/mail"; chown nobody:nogroup "$run/mail"
  server_configure
  server_command
  # a session of its own: its process group has the children too, and a signal to the test does not reach it
  setsid "${command[@]}" >"$run/output" 2>&1 </dev/null 9>&- &
  local pid=$!
  echo "$pid $(started "$pid")" >"$run/pid"
  greeted "$port" "$pid" || { tail -n 40 "$run/output" >&2; stop_one "$run"; die "$name does not greet on port $port"; }
  if [ -n "$owner" ]; then tied "$run" "$owner" >/dev/null 2>&1 </dev/null & fi
  printf 'user=%s\npassword=%s\n' "$user" "$password"
  printf 'version=%s\nmail=%s\ncertificate=%s\noutput=%s\n' "$(cat "$tree/.version")" "$run/mail" "$base/certificate/cert.pem" "$run/output"
  ! declare -F server_tells >/dev/null || server_tells
}

stop() {
  case $# in
    0) for r in "$base"/run/*; do stop_one "$r"; done ;;
    2) stop_one "$base/run/$1-$2" ;;
    *) usage ;;
  esac
}

case ${1:-} in
  list) list "${2:-}" ;;
  install) prepare; shift; fetch "$@" ;;
  start | stop) prepare; "$@" ;;
  *) usage ;;
esac
