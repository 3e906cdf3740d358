// Microsoft's own client and dynamics-web-api, unmodified, with the addresses of the cloud in them. Only the network
// is another: whatever connects to port 443 arrives at the port given as the argument.
import net from 'node:net'

const port = Number(process.argv[2])
const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0]
  if (Number(options?.port) === 443) Object.assign(options, { host: '127.0.0.1', port })
  return connect.apply(this, args)
}

const { ConfidentialClientApplication } = await import('@azure/msal-node')
const { DynamicsWebApi } = await import('dynamics-web-api')

const [clientId, clientSecret] = process.argv.slice(3)
const application = new ConfidentialClientApplication({
  auth: { clientId, clientSecret, authority: 'https://login.microsoftonline.com/contoso.onmicrosoft.com' },
})
const signedIn = await application.acquireTokenByClientCredential({
  scopes: ['https://contoso.crm.dynamics.com/.default'],
})
const service = new DynamicsWebApi({
  serverUrl: 'https://contoso.api.crm.dynamics.com',
  dataApi: { version: '9.2' },
  onTokenRefresh: async () => signedIn.accessToken,
})
const { value } = await service.retrieveMultiple({ collection: 'accounts', select: ['name'], top: 2 })
const { UserId } = await service.callFunction('WhoAmI')
process.stdout.write(JSON.stringify({ rows: value.length, user: UserId }))
