#!/usr/bin/env bash
# Makes the certificates and keys that the tests of TLS use, good ones and every kind of bad one.
#
#   Tests/Certificates/make.sh FOLDER

set -euo pipefail
cd "$1"

readonly names='DNS:localhost,DNS:sagad.test,IP:127.0.0.1,IP:::1'

key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }

# An authority with its own register: NAME SUBJECT [OPENSSL-REQ-FLAGS].
authority() {
    local name=$1
    key "$name"
    openssl req -x509 -new -key "$name.key" -subj "$2" -days 3650 -out "$name.pem" \
        -addext basicConstraints=critical,CA:TRUE "${@:3}"
    register "$name"
}

register() {
    local name=$1
    mkdir "$name.register"
    : >"$name.register/index"
    cat >"$name.register/config" <<END
[ca]
default_ca = it
[it]
database = $name.register/index
new_certs_dir = $name.register
rand_serial = yes
certificate = $name.pem
private_key = $name.key
default_md = sha256
policy = all
unique_subject = no
copy_extensions = copy
[all]
commonName = optional
organizationName = optional
END
}

# A certificate by an authority: AUTHORITY NAME SUBJECT DAYS [EXTENSION..]. Valid from a day ago for
# DAYS days from now; ENDED is a year ago, COMING is from next year on.
issue() {
    local authority=$1 name=$2 begin=-1 end=$4 flags=() extension
    case $end in
        ENDED) begin=-800 end=-365 ;;
        COMING) begin=365 end=800 ;;
    esac
    for extension in "${@:5}"; do flags+=(-addext "$extension"); done
    [[ -e $name.key ]] || key "$name"
    openssl req -new -key "$name.key" -subj "$3" "${flags[@]}" -out "$name.request"
    openssl ca -batch -notext -config "$authority.register/config" -in "$name.request" \
        -out "$name.pem" \
        -startdate "$(date --utc --date "$begin days" +%Y%m%d%H%M%SZ)" \
        -enddate "$(date --utc --date "$end days" +%Y%m%d%H%M%SZ)" 2>"$name.log" || {
        cat "$name.log" >&2
        exit 1
    }
}

authority root /CN=Test\ Root/O=Saga
authority stranger /CN=Stranger\ Root

issue root server /CN=sagad 365 "subjectAltName=$names"
cp server.key renewed.key
issue root renewed /CN=sagad\ renewed 365 "subjectAltName=$names"
issue root elsewhere /CN=elsewhere 365 subjectAltName=DNS:elsewhere.test
issue root addressed /CN=addressed 365 subjectAltName=DNS:elsewhere.test,IP:127.0.0.1
issue root wild /CN=wild 365 'subjectAltName=DNS:*.saga.test'
issue root ended /CN=ended ENDED "subjectAltName=$names"
issue root coming /CN=coming COMING "subjectAltName=$names"
issue root soon /CN=soon 10 "subjectAltName=$names"
issue root nameless /CN=localhost 365
issue stranger strange /CN=strange 365 "subjectAltName=$names"
issue stranger ended-root /CN=Ended\ Root ENDED basicConstraints=critical,CA:TRUE

issue root middle /CN=Test\ Middle 3650 basicConstraints=critical,CA:TRUE
register middle
issue middle leaf /CN=leaf 365 "subjectAltName=$names"
cat leaf.pem middle.pem >chain.pem
cat middle.pem leaf.pem >reversed.pem
cat leaf.pem stranger.pem >gap.pem

issue root client /CN=web/O=Acme 365 subjectAltName=URI:spiffe://test/web,DNS:web.test
issue root client-host /CN=web 365 subjectAltName=DNS:web.test
issue root client-address /CN=web 365 subjectAltName=IP:10.0.3.7
issue root client-subject /CN=web/O=Acme 365
issue root client-ended /CN=web ENDED subjectAltName=DNS:web.test
issue stranger client-strange /CN=web 365 subjectAltName=DNS:web.test

# Files that are not what they are given as.
: >empty.pem
echo 'this is no certificate' >garbage.pem
openssl x509 -in server.pem -outform DER -out binary.pem
openssl pkey -in server.key -aes256 -passout pass:x -out encrypted.key
openssl ec -in server.key -aes256 -passout pass:x -out encrypted-old.key 2>encrypted.log
openssl pkey -in server.key -pubout -out public.key
head --lines=-1 server.pem >cut.pem
sed '3s/./!/' server.pem >broken.pem
sed '2s/./!/' server.key >broken.key
cat server.pem server.key >both.pem
cat root.pem ended-root.pem >some-roots.pem
