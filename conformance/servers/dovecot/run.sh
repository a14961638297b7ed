# run.sh CONF TOKENS PORT: Dovecot, and the service that it asks about tokens, until TERM
/usr/bin/python3 "$2" "$3" &
tokens=$!
/usr/sbin/dovecot -F -c "$1" &
dovecot=$!
trap 'kill -TERM $dovecot $tokens 2>/dev/null' TERM
wait $dovecot
wait $dovecot # the first wait ends with the signal
kill $tokens 2>/dev/null
