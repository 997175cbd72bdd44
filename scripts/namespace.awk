# Manifests of the namespace meshwalk for another one: its name is put in wherever a manifest means the namespace, and
# nowhere else, since meshwalk is also a gateway, a label and a part of images. A line at a time, for YAML as it is
# written here: block style, lists of one line in brackets.
#
#   awk -v namespace=NAME -f scripts/namespace.awk FILE... | kubectl -n NAME apply -f -

# Whether the namespace is meant by its name between these: in an identity, in the gateway's host, in a service's name.
function is_meant(before, after) {
  if (before ~ /\/ns\/$/ || before == "ns/") return after == "" || after ~ /^[^A-Za-z0-9.-]/
  if (after ~ /^\.localhost/) return substr(after, 11) !~ /^[A-Za-z0-9.-]/ && before !~ /[A-Za-z0-9-]$/
  return before ~ /[A-Za-z0-9*-]\.$/ && (after !~ /^[A-Za-z0-9.-]/ || after ~ /^\.svc([^A-Za-z0-9-]|$)/)
}
function put_in(text, done, at, after) {
  done = ""
  while ((at = index(text, "meshwalk")) > 0) {
    done = done substr(text, 1, at - 1)
    after = substr(text, at + 8)
    done = done (is_meant(done, after) ? namespace : "meshwalk")
    text = after
  }
  return done text
}
# Each value of a line that is a namespace, or has one before a slash.
function named(text, pattern, done, word) {
  done = ""
  while (match(text, pattern)) {
    word = substr(text, RSTART, RLENGTH)
    sub(/meshwalk/, namespace, word)
    done = done substr(text, 1, RSTART - 1) word
    # What ends one value begins the next.
    text = substr(text, RSTART + RLENGTH)
    if (done ~ /[ ,]$/) { text = substr(done, length(done)) text; done = substr(done, 1, length(done) - 1) }
  }
  return done text
}

# Whose value, or whose list, this line is part of.
/^ *(- )?[A-Za-z][A-Za-z]*:/ {
  key = $0
  sub(/^ *(- )?/, "", key)
  sub(/:.*/, "", key)
  if (key == "key") of_namespaces = $0 ~ /source\.namespace["' ]*$/
  if ((key == "values" || key == "notValues") && of_namespaces) key = "namespaces"
}
# Files that follow each other are documents of their own.
FNR == 1 && NR > 1 && !/^---/ { print "---" }
FNR == 1 || /^---/ { key = ""; of_namespaces = 0 }
{
  line = $0
  if (key ~ /^(namespace|namespaces|notNamespaces|exportTo)$/) line = named(line, "[[ \"',]meshwalk([]}\"', ]|$)")
  if (key ~ /^(hosts|gateways)$/) line = named(line, "[[ \"',]meshwalk/")
  print put_in(line)
}
