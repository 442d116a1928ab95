/**
 * Heavy arithmetic with a library: Paillier encryption of 10,000 numbers, one task for each, then in 20
 * batches. Ciphertexts can be added without being opened, so their sum, decrypted, checks all of them. The
 * tasks use an import: the worker imports this module for them, and stops at `init()`, so nothing here runs
 * twice.
 *
 *   bun examples/paillier.ts [count]
 */
import { parseArgs } from "node:util";
import { get, init, remote } from "mobula";
import { generateRandomKeysSync, PublicKey } from "paillier-bigint";

/** A public key as it travels: plain bigints. */
type Key = readonly [n: bigint, g: bigint];

const encrypt = remote(([n, g]: Key, value: bigint) => new PublicKey(n, g).encrypt(value));

const encryptBatch = remote(([n, g]: Key, values: bigint[]) => {
  const key = new PublicKey(n, g);
  return values.map((value) => key.encrypt(value));
});

await using _ray = await init();

// Short enough for an example; a real key has 3072 bits.
const { publicKey, privateKey } = generateRandomKeysSync(256);
const key: Key = [publicKey.n, publicKey.g];

const [argument = "10000"] = parseArgs({ allowPositionals: true }).positionals;
const values = Array.from({ length: Number(argument) }, (_, i) => BigInt(i));

await report("one by one", () => get(values.map((value) => encrypt.remote(key, value))));
await report("in 20 batches", async () => {
  const size = Math.ceil(values.length / 20);
  const batches = Array.from({ length: 20 }, (_, i) => values.slice(i * size, (i + 1) * size));
  return (await get(batches.map((batch) => encryptBatch.remote(key, batch)))).flat();
});

async function report(label: string, work: () => Promise<bigint[]>): Promise<void> {
  const start = performance.now();
  const ciphertexts = await work();
  const seconds = ((performance.now() - start) / 1000).toFixed(2);
  const sum = privateKey.decrypt(publicKey.addition(...ciphertexts));
  const right = sum === values.reduce((a, b) => a + b);
  console.log(`${label}: ${ciphertexts.length} numbers in ${seconds} s, their sum ${sum} is ${right ? "right" : "wrong"}`);
}
