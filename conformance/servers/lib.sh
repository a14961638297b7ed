# What the servers have in common; sourced by ctl.sh.

base=${TABELLARIUS_SERVERS:-/tmp/tabellarius-servers}
export DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes LC_ALL=C

die() { echo "ctl.sh: $*" >&2; exit 1; }

prepare() {
  [ "$(id -u)" = 0 ] || die "real mail servers need root: they bind accounts and deliver as other users"
  mkdir -p "$base"
  [ -O "$base" ] || die "$base belongs to somebody else; set TABELLARIUS_SERVERS to a folder of your own"
  mkdir -p "$base"/{tree,run,certificate,packages}
  # the servers' own users have to pass through
  chmod 755 "$base" "$base"/{tree,run,certificate,packages}
}

# refresh: the package lists, once a run; a caller that has them fresh says so with APT_FRESH=1
refresh() {
  [ -n "${APT_FRESH:-}" ] || apt-get update -qq >&2
  APT_FRESH=1
}

# packages NAME...: installed as Debian does it; for what conflicts with nothing and starts no service
packages() { apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }

# quiet NAME...: installed, but no service of theirs is started
quiet() {
  local ours=
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d; ours=1
  fi
  packages "$@"
  [ -z "$ours" ] || rm /usr/sbin/policy-rc.d
}

# unpack NAME...: into $tree without installing, because Debian's mail transport agents exclude each other.
# The shared libraries they need are installed.
unpack() {
  local libraries
  libraries=$(apt-cache depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "$@" |
    sed -n 's/^ *|\{0,1\}\(Pre\)\{0,1\}Depends: \(lib[^ ]*\)$/\2/p' | sort -u)
  # shellcheck disable=SC2086 # one word a library
  packages $libraries
  local p
  for p; do
    rm -f "$base/packages/${p}"_*.deb
    (cd "$base/packages" && apt-get -o APT::Sandbox::User=root download -qq "$p" >&2)
    dpkg -x "$base/packages/${p}"_*.deb "$tree"
  done
}

# candidate PACKAGE: its version
candidate() { apt-cache policy "$1" | sed -n 's/^ *Candidate: //p'; }

account() { getent passwd "$1" >/dev/null || useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$1"; }
group() { getent group "$1" >/dev/null || groupadd --system "$1"; }

# maildirs OWNER: those of the two mailboxes
maildirs() {
  mkdir -p "$run"/mail/{tester,postmaster}/{tmp,new,cur}
  chown -R "$1" "$run/mail"
}

# fill FILE: a file of the server's folder with @run@, @tree@, @port@, @tlsport@ (the next), @saslport@ (the third behind
# it), @tokenport@ (the fourth), @lmtpport@ (the fifth), @nobody@, @nogroup@ and @certificate@ filled in
fill() {
  sed -e "s|@saslport@|$((port + 3))|g; s|@tokenport@|$((port + 4))|g; s|@lmtpport@|$((port + 5))|g" \
    -e "s|@run@|$run|g; s|@tree@|$tree|g; s|@port@|$port|g; s|@tlsport@|$((port + 1))|g; s|@certificate@|$base/certificate|g" \
    -e "s|@nobody@|$(id -u nobody)|g; s|@nogroup@|$(id -g nobody)|g" "$folder/$1"
}

# certificate: self-signed, made once: cert.pem, key.pem, and both.pem (the key first, as Postfix wants it)
certificate() {
  local d=$base/certificate
  [ -s "$d/both.pem" ] && return
  command -v openssl >/dev/null || packages openssl
  openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 3650 -subj /CN=mail.example.test \
    -addext 'subjectAltName=DNS:mail.example.test,DNS:localhost,IP:127.0.0.1' -keyout "$d/key.pem" -out "$d/cert.pem" 2>/dev/null
  chmod 644 "$d/cert.pem"; chmod 600 "$d/key.pem"
  (umask 077; cat "$d/key.pem" "$d/cert.pem" >"$d/both.pem")
}

# started PID: when the process began, in the kernel's ticks, so that a number used again is not taken for the server;
# nothing if it has ended
started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'; }

# greeted PORT PID: waits up to 20 s until the port greets with 220
greeted() {
  local i
  for ((i = 0; i < 400; i++)); do
    [ -n "$(started "$2")" ] || return 1
    if timeout 3 bash -c 'exec 3<>/dev/tcp/127.0.0.1/'"$1"' && read -r -t 2 l <&3 && [[ $l == 220* ]] && printf "QUIT\r\n" >&3 && read -r -t 2 l <&3' 2>/dev/null; then
      return 0
    fi
    sleep 0.05
  done
  return 1
}

# stop_one RUN: TERM to the server, 10 s to end, then KILL to what is left of its process group
stop_one() {
  [ -f "$1/pid" ] || return 0
  local pid since i
  read -r pid since <"$1/pid"; rm "$1/pid"
  [ -n "$since" ] && [ "$(started "$pid")" = "$since" ] || return 0
  kill -TERM "$pid" 2>/dev/null || true
  for ((i = 0; i < 200; i++)); do
    [ -n "$(started "$pid")" ] || break
    sleep 0.05
  done
  kill -KILL -- "-$pid" 2>/dev/null || true
}

# tied RUN OWNER: waits until the owner is gone, or the server, and stops the server. What ends the owner's whole process
# group leaves this one, which is in it.
tied() {
  trap '' TERM HUP INT
  local pid since owned
  read -r pid since <"$1/pid"; owned=$(started "$2")
  while [ "$(started "$pid")" = "$since" ] && [ "$(started "$2")" = "$owned" ]; do sleep 1; done
  [ "$(started "$pid")" != "$since" ] || stop_one "$1"
}
