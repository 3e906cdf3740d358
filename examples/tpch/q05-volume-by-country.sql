-- Q5: deals by country of the customer, through six tables
-- At most 6 requests and 171 rows from the service.
select a.address1_country as country, sum(o.estimatedvalue_base) as value
from opportunity o
join account a on o.customerid = a.accountid
join contact c on a.primarycontactid = c.contactid
join systemuser u on o.ownerid = u.systemuserid
join businessunit b on u.businessunitid = b.businessunitid
join transactioncurrency m on o.transactioncurrencyid = m.transactioncurrencyid
where m.isocurrencycode in ('USD', 'EUR') and o.createdon >= '2025-01-01' and o.createdon < '2026-01-01'
group by a.address1_country
order by value desc
limit 5;
