# wsgi_server VERB COMMAND...: the operator's command that stops or starts the API's web server.
main() {
  verb=$1
  shift
  answer=$("$@" 2>&1) || die "$* failed: $answer"
  say "$verb"
}
main "$@" </dev/null
