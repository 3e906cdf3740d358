-- Q18: contacts of the customers whose deals are worth most together
-- At most 4 requests and 590 rows from the service.
select a.name, c.fullname, sum(o.estimatedvalue_base) as value
from opportunity o
join account a on o.customerid = a.accountid
left join contact c on c.contactid = a.primarycontactid
where a.accountid in (
  select customerid from opportunity
  group by customerid
  having sum(estimatedvalue_base) > 700000
)
group by a.accountid, a.name, c.fullname
order by value desc, a.name
limit 100;
