# namespace.sh RUN SENDMAIL: becomes sendmail, in the namespaces that it was started in
set -eu
hostname mail.example.test
mount --bind "$1" /mnt
mount --bind "$1/sasl" /etc/sasl2
"$2" -C /mnt/etc/sendmail.cf -bi
exec "$2" -C /mnt/etc/sendmail.cf -bD -q5m
