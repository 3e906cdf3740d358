-- In which currencies do we sell, and what is each worth in ours?
-- At most 1 request and 120 rows from the service.
select transactioncurrencyidname as currency, count(*) as deals, sum(estimatedvalue) as value,
  sum(estimatedvalue_base) as in_our_currency
from opportunity
group by 1
order by 1;
