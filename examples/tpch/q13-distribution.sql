-- Q13: how many accounts have how many deals, not counting those in yen
-- At most 2 requests and 220 rows from the service.
select deals, count(*) as accounts
from (
  select a.accountid, count(o.opportunityid) as deals
  from account a
  left join opportunity o on o.customerid = a.accountid and o.transactioncurrencyidname not like '%yen%'
  group by a.accountid
) as counted
group by deals
order by accounts desc, deals desc;
