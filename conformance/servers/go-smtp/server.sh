# go-smtp (emersion's) with a small program: BINARYMIME and whatever else it has. LMTP on PORT+2.

server_install() {
  (cd "$folder" && GOWORK=off GOFLAGS=-trimpath go build -o "$tree/go-smtp" . && GOWORK=off go list -m -f '{{.Version}}' github.com/emersion/go-smtp)
}

server_configure() { maildirs root:root; }

server_command() { command=("$tree/go-smtp" "$port" "$base/certificate" "$run/mail"); }

server_tells() { echo "lmtp=$((port + 2))"; }
