import { BlockList, isIPv4, isIPv6 } from 'node:net'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** An address without the brackets that URLs put around IPv6. */
export const bareHost = (host: string): string => host.replace(/^\[(.*)\]$/, '$1')

/** Whether a host, as a URL or a setting names it (no port), is this machine and nothing else. */
export function isLoopback(host: string): boolean {
  const bare = bareHost(host).toLowerCase()
  if (isIPv4(bare)) return LOOPBACK.check(bare, 'ipv4')
  if (isIPv6(bare)) return LOOPBACK.check(bare, 'ipv6')
  return bare === 'localhost'
}
