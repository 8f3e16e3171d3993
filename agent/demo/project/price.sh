# total PRICE COUNT prints what COUNT pieces cost, in cents.
# Ten pieces or more are ten percent off.
total() {
  sum=$(($1 * $2))
  if [ "$2" -gt 10 ]; then
    sum=$((sum - sum / 10))
  fi
  echo "$sum"
}
