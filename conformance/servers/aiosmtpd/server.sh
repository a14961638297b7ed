# aiosmtpd from Debian, with a small program: no PIPELINING, no CHUNKING, and the octets of a message kept as they came.

server_install() {
  packages python3-aiosmtpd
  candidate python3-aiosmtpd
}

server_configure() { :; }

server_command() {
  command=(/usr/bin/python3 "$folder/server.py" "$port" "$base/certificate" "$run/mail")
}
