-- Q3: the ten most valuable open deals of customers of one kind, created before a day
-- At most 3 requests and 103 rows from the service.
select o.name, sum(o.estimatedvalue_base) as value, o.estimatedclosedate
from account a
join opportunity o on o.customerid = a.accountid
join contact c on a.primarycontactid = c.contactid
where a.customertypecodename = 'Customer' and o.createdon < '2025-12-01' and o.estimatedclosedate > '2026-01-31'
group by o.opportunityid, o.name, o.estimatedclosedate
order by value desc, o.estimatedclosedate
limit 10;
