# mox, built from its Go module: the one with SCRAM's -PLUS. "localserve" has a user of its own, who may send from his own
# address only. What he sends is held in the queue, a file for each recipient, where it is as good as in a mailbox.
auth_only=yes
user=mox@localhost password=moxmoxmox

server_install() {
  local version=v0.0.17
  printf 'module mox\n\ngo 1.26\n\nrequire github.com/mjl-/mox %s\n' $version >"$tree/go.mod"
  (cd "$tree" && GOFLAGS=-mod=mod go build -o "$tree/mox" github.com/mjl-/mox) >&2
  echo "$version"
}

server_configure() {
  local d=$run/d
  "$tree/mox" localserve -initonly -dir "$d" -ip 127.0.0.1 >"$run/init" 2>&1
  # the submission port is PORT, the one with TLS PORT+1; the others stand behind
  sed -i "s/Port: 1587$/Port: $port/; s/Port: 1465$/Port: $((port + 1))/; s/Port: 1025$/Port: $((port + 2))/
    s/Port: 1143$/Port: $((port + 3))/; s/Port: 1993$/Port: $((port + 4))/; s/Port: 1080$/Port: $((port + 5))/
    s/Port: 1443$/Port: $((port + 6))/; s/Port: 1081$/Port: $((port + 7))/; s/LogLevel: .*/LogLevel: info/" "$d/mox.conf"
  cp "$base"/certificate/cert.pem "$d/localhost.crt"
  cp "$base"/certificate/key.pem "$d/localhost.key"
  # HELO with a name that the DNS does not know is refused: names.py knows those below .test
  printf 'nameserver %s\noptions attempts:1 timeout:1\n' "$(names)" >"$run/resolv.conf"
}

# names: the address of the name server, one for each port
names() { echo "127.53.$((port / 256)).$((port % 256))"; }

server_command() {
  # shellcheck disable=SC2016 # for the shell in the namespace
  command=(unshare --mount --propagation private bash -euc 'mount --bind "$1/resolv.conf" "$(readlink -f /etc/resolv.conf)"
    /usr/bin/python3 "$2" "$3" "$$" & exec "$4" localserve -dir "$1/d"' bash "$run" "$folder/names.py" "$(names)" "$tree/mox")
}

server_tells() {
  "$tree/mox" -config "$run/d/mox.conf" queue holdrules add
  printf '%s\n' "queue=$run/d/queue" from=mox@localhost 'mailboxes=mox@localhost other@localhost' unknown=rcpttopermerror@localhost
}
