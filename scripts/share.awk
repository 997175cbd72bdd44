# Whether K of N requests fit a share of P per cent, by the exact binomial test at a stated error probability:
#   awk -v n=200 -v k=63 -v p=30 -f scripts/share.awk
# Prints the counts that fit, LOW and HIGH. Ends with 0 where K is one of them, with 1 where not. A share that is right
# is called wrong with a probability of at most `error` (1e-6 unless said otherwise); how small a deviation is noticed
# follows from N, and can be read off LOW and HIGH.
BEGIN {
  if (error == "") error = 1e-6
  p /= 100
  for (i = 1; i <= n; i++) factorial[i] = factorial[i - 1] + log(i)
  low = 0
  high = n
  if (p <= 0) high = 0
  else if (p >= 1) low = n
  else {
    for (tail = 0; low < n; low++) if ((tail += mass(low)) > error / 2) break
    for (tail = 0; high > 0; high--) if ((tail += mass(high)) > error / 2) break
  }
  print low, high
  exit !(k >= low && k <= high)
}
function mass(i) { return exp(factorial[n] - factorial[i] - factorial[n - i] + i * log(p) + (n - i) * log(1 - p)) }
