# smtp-server (nodemailer's) with a small program. LMTP on PORT+2.

server_install() {
  local version=3.21.6
  command -v npm >/dev/null || packages nodejs npm
  npm install --prefix "$tree" --no-audit --no-fund --silent "smtp-server@$version" >&2
  echo "$version"
}

server_configure() { maildirs root:root; }

server_command() {
  command=(env "NODE_PATH=$tree/node_modules" node "$folder/server.js" "$port" "$base/certificate" "$run/mail")
}

server_tells() { echo "lmtp=$((port + 2))"; }
