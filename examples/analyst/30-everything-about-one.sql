-- What do we have on one customer, in one list?
-- At most 4 requests and 431 rows from the service.
with customer as (select accountid from account where name = 'Litware Bank 67')
select 'contact' as what, fullname as name, createdon::date as since
from contact where parentcustomerid in (select accountid from customer)
union all
select 'opportunity', name, createdon::date
from opportunity where customerid in (select accountid from customer)
union all
select 'case', title, createdon::date
from incident where customerid in (select accountid from customer)
order by what, since, name;
