import { describe, expect, test } from "bun:test";
import { MemoryDisk, SpillCorruptFault } from "../../../actors/objects/mod.ts";
import { OutOfDiskFault, StoreFullFault } from "../../../runtime/memory/mod.ts";
import { KIB, Lab, MIB } from "./lab.ts";

async function faultOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error("It did not fail."),
    (error) => error as Error,
  );
}

describe("an object in memory", () => {
  test("is handed out without a copy", async () => {
    const lab = new Lab({ capacity: 8 * MIB });
    const buffer = lab.place(1).allocate(200 * KIB);
    lab.store.seal("a", buffer, { slot: lab.place(1).slotOf(buffer), bytes: 200 * KIB });
    const held = await lab.store.get("a", 2);
    expect(held?.buffer).toBe(buffer);
    expect(held?.bytes).toBe(200 * KIB);
  });

  test("is taken once under its id; the second buffer is free again", async () => {
    const lab = new Lab({ capacity: 8 * MIB });
    await lab.put("a", 200 * KIB, { fill: 1 });
    await lab.put("a", 200 * KIB, { fill: 2 });
    expect((await lab.read("a"))?.[0]).toBe(1);
    expect(lab.store.stats().cachedBytes).toBeGreaterThan(0);
  });

  test("gives its buffer back to its thread at once when it is freed and was never seen", async () => {
    const lab = new Lab({ capacity: 8 * MIB });
    const first = lab.place(1).allocate(MIB);
    lab.store.seal("a", first, { slot: lab.place(1).slotOf(first), bytes: MIB });
    lab.store.free("a");
    expect(lab.place(1).allocate(MIB)).toBe(first);
    expect(lab.store.stats()).toMatchObject({ usedBytes: MIB, cachedBytes: 0, unsealedBytes: MIB });
  });

  test("keeps its memory after it is freed until each view has gone", async () => {
    const lab = new Lab({ capacity: 8 * MIB });
    await lab.put("a", MIB);
    await lab.store.get("a", 2);
    await lab.store.get("a", 2);
    await lab.store.get("a", 3);
    lab.store.free("a");
    expect(await lab.store.get("a", 2)).toBeUndefined();
    lab.store.unmapped(2, ["a", "a"]);
    expect(lab.store.stats().lingeringBytes).toBe(MIB);
    lab.store.unmapped(3, ["a"]);
    expect(lab.store.stats()).toMatchObject({ lingeringBytes: 0, cachedBytes: MIB });
  });

  test("made again under the same id keeps the views of the earlier one safe", async () => {
    const lab = new Lab({ capacity: 8 * MIB });
    await lab.put("a", MIB, { fill: 1 });
    const old = (await lab.store.get("a", 2))?.buffer as SharedArrayBuffer;
    lab.store.free("a");
    await lab.put("a", MIB, { fill: 2 });
    await lab.store.get("a", 2);
    // One of two went, nobody can tell which.
    lab.store.unmapped(2, ["a"]);
    await lab.put("b", MIB, { fill: 3 });
    expect(new Uint8Array(old)[0]).toBe(1);
    lab.store.unmapped(2, ["a"]);
    expect(lab.store.stats().cachedBytes).toBe(MIB);
    expect((await lab.read("a"))?.[0]).toBe(2);
  });

  test("may be a small value, counted beside the shared memory", () => {
    const lab = new Lab({ capacity: MIB });
    lab.store.storeInline("a", [1], { bytes: 10 });
    expect(lab.store.get("a", 2)).toEqual({ bytes: 10, inline: [1] });
    expect(lab.store.stats()).toMatchObject({ inlineBytes: 10, usedBytes: 0 });
    lab.store.free("a");
    expect(lab.store.stats().inlineBytes).toBe(0);
  });
});

describe("spilling", () => {
  test("begins above four fifths, with the least recently used, and reads back the same bytes", async () => {
    const lab = new Lab({ capacity: 10 * MIB });
    for (let i = 0; i < 8; i++) await lab.put(`o${i}`, MIB, { fill: i });
    await lab.read("o0");
    expect(lab.store.stats().objects.SPILLED).toBe(0);
    await lab.put("o8", MIB, { fill: 8 });
    await lab.settled();
    expect(lab.store.stateOf("o1")).toBe("SPILLED");
    expect(lab.store.stateOf("o0")).toBe("IN_MEMORY");
    for (let i = 0; i < 9; i++) expect((await lab.read(`o${i}`))?.every((byte) => byte === i)).toBe(true);
  });

  test("lets far more through than fits, and loses nothing", async () => {
    const lab = new Lab({ capacity: 8 * MIB });
    for (let i = 0; i < 60; i++) await lab.put(`o${i}`, 700 * KIB + i * 8 * KIB, { fill: i });
    for (let i = 59; i >= 0; i--) {
      const bytes = await lab.read(`o${i}`);
      expect(bytes?.length).toBe(700 * KIB + i * 8 * KIB);
      expect(bytes?.every((byte) => byte === i)).toBe(true);
    }
    expect(lab.store.stats().usedBytes).toBeLessThanOrEqual(8 * MIB);
    for (let i = 0; i < 60; i++) lab.store.free(`o${i}`);
    expect((lab.disk as MemoryDisk).files.size).toBe(0);
    expect(lab.store.stats()).toMatchObject({ residentBytes: 0, diskBytes: 0, unsealedBytes: 0, lingeringBytes: 0 });
  });

  test("drops copies first, and those without writing", async () => {
    const evicted: string[] = [];
    const lab = new Lab({ capacity: 4 * MIB, events: { evicted: (id) => evicted.push(id) } });
    await lab.put("primary", MIB);
    await lab.put("copy", MIB, { isCopy: true });
    await lab.put("b", MIB);
    await lab.put("c", MIB);
    await lab.settled();
    expect(evicted).toEqual(["copy"]);
    expect(lab.store.stateOf("primary")).toBe("IN_MEMORY");
    expect(lab.store.stats().diskBytes).toBe(0);
  });

  test("writes an object once however often it comes and goes", async () => {
    const disk = new MemoryDisk();
    let writes = 0;
    const write = disk.write.bind(disk);
    disk.write = (name, pieces) => {
      writes++;
      return write(name, pieces);
    };
    const lab = new Lab({ capacity: 2 * MIB, disk });
    await lab.put("a", MIB, { fill: 1 });
    await lab.put("b", MIB, { fill: 2 });
    for (let i = 0; i < 5; i++) {
      expect((await lab.read("a"))?.[0]).toBe(1);
      expect((await lab.read("b"))?.[0]).toBe(2);
    }
    await lab.settled();
    expect(writes).toBe(2);
  });

  test("leaves what is seen or pinned alone, and ends for an object that is asked for meanwhile", async () => {
    const lab = new Lab({ capacity: 4 * MIB });
    await lab.put("seen", MIB);
    await lab.store.get("seen", 2);
    await lab.put("pinned", MIB);
    await lab.store.pin("pinned");
    await lab.put("a", MIB);
    await lab.put("b", MIB);
    expect(lab.store.stateOf("a")).toBe("SPILLING");
    await lab.store.get("a", 2);
    await lab.settled();
    expect(["seen", "pinned", "a"].map((id) => lab.store.stateOf(id))).toEqual(["IN_MEMORY", "IN_MEMORY", "IN_MEMORY"]);
  });

  test("forgets an object that is freed while it is written", async () => {
    const lab = new Lab({ capacity: 4 * MIB });
    for (const id of ["a", "b", "c", "d"]) await lab.put(id, MIB);
    expect(lab.store.stateOf("a")).toBe("SPILLING");
    lab.store.free("a");
    expect(lab.store.stats().lingeringBytes).toBe(MIB);
    await lab.until(() => lab.store.stats().lingeringBytes === 0);
    expect(lab.store.stateOf("a")).toBeUndefined();
    expect(lab.store.stats().diskBytes).toBe(0);
  });

  test("serves all who ask for the same object with one restore", async () => {
    const disk = new MemoryDisk();
    let reads = 0;
    const read = disk.read.bind(disk);
    disk.read = (name, at) => {
      reads++;
      return read(name, at);
    };
    const lab = new Lab({ capacity: 2 * MIB, disk });
    await lab.put("a", MIB, { fill: 7 });
    await lab.put("b", MIB);
    await lab.settled();
    expect(lab.store.stateOf("a")).toBe("SPILLED");
    const all = await Promise.all([lab.store.get("a", 2), lab.store.get("a", 3), lab.store.pin("a")]);
    expect(reads).toBe(1);
    expect(new Set(all.map((held) => held?.buffer)).size).toBe(1);
    lab.store.unmapped(2, ["a"]);
    lab.store.unmapped(3, ["a"]);
    lab.store.unpin("a");
    expect(lab.store.stateOf("a")).toBe("IN_MEMORY");
  });

  test("gives no wrong bytes: a torn file is an error and the object is lost", async () => {
    const lost: string[] = [];
    const disk = new MemoryDisk();
    const lab = new Lab({ capacity: 2 * MIB, disk, events: { lost: (id) => lost.push(id) } });
    for (const id of ["a", "b", "c"]) await lab.put(id, MIB);
    await lab.settled();
    const [first, second] = [...disk.files.keys()] as [string, string];
    disk.files.get(first)![99]! ^= 1;
    disk.files.set(second, disk.files.get(second)!.slice(0, 1000));
    expect(await faultOf(lab.read("a"))).toBeInstanceOf(SpillCorruptFault);
    expect(await faultOf(lab.read("b"))).toBeInstanceOf(SpillCorruptFault);
    expect(lost).toEqual(["a", "b"]);
    expect(lab.store.stateOf("a")).toBe("LOST");
    await lab.put("a", MIB, { fill: 5 });
    expect((await lab.read("a"))?.[0]).toBe(5);
  });
});

describe("a store without room", () => {
  test("refuses a value larger than itself at once", async () => {
    const lab = new Lab({ capacity: MIB });
    expect(() => lab.place(1).allocate(2 * MIB)).toThrow(StoreFullFault);
    expect(await faultOf(lab.store.allocate(2 * MIB))).toBeInstanceOf(StoreFullFault);
  });

  test("asks for garbage to be collected, and goes on as soon as a view has gone", async () => {
    const asked: number[][] = [];
    const lab = new Lab({ capacity: 2 * MIB, events: { collect: (places) => asked.push(places) } });
    for (const id of ["a", "b"]) {
      await lab.put(id, MIB);
      await lab.store.get(id, 4);
    }
    await lab.settled();
    const put = lab.put("c", MIB);
    expect(asked).toEqual([[4]]);
    lab.clock.advance(500);
    expect(lab.store.stats().waiting).toBe(1);
    lab.store.unmapped(4, ["a"]);
    await put;
    expect((await lab.read("c"))?.length).toBe(MIB);
  });

  test("says after its grace who holds what", async () => {
    const lab = new Lab({ capacity: 4 * MIB });
    for (const [id, place] of [
      ["a", 4],
      ["b", 4],
      ["c", 5],
    ] as const) {
      await lab.put(id, MIB);
      await lab.store.get(id, place);
    }
    await lab.put("d", MIB);
    await lab.store.pin("d");
    const put = faultOf(lab.put("e", MIB));
    lab.clock.advance(2000);
    const fault = (await put) as StoreFullFault;
    expect(fault).toBeInstanceOf(StoreFullFault);
    expect(fault.message).toContain("2 MiB are in view at place 4, 1 MiB are in view at place 5, 1 MiB are in transfer");
    expect(fault).toMatchObject({ capacityBytes: 4 * MIB, usedBytes: 4 * MIB, neededBytes: MIB });
  });

  test("on a full disk loses nothing and says so, and goes on when the disk has room again", async () => {
    const disk = new MemoryDisk(MIB);
    const lab = new Lab({ capacity: 2 * MIB, disk });
    await lab.put("a", MIB, { fill: 1 });
    await lab.put("b", MIB, { fill: 2 });
    const put = faultOf(lab.put("c", MIB));
    await lab.settled();
    lab.clock.advance(2000);
    const fault = await put;
    expect(fault).toBeInstanceOf(OutOfDiskFault);
    expect(fault.message).toContain("95 % full");
    expect((await lab.read("a"))?.[0]).toBe(1);
    expect((await lab.read("b"))?.[0]).toBe(2);
    disk.capacityBytes = 100 * MIB;
    lab.clock.advance(5000);
    await lab.put("c", MIB, { fill: 3 });
    for (const [id, fill] of [
      ["a", 1],
      ["b", 2],
      ["c", 3],
    ] as const)
      expect((await lab.read(id))?.[0]).toBe(fill);
  });

  test("keeps an object on disk that cannot be restored now", async () => {
    const lab = new Lab({ capacity: 2 * MIB });
    for (const id of ["a", "b", "c"]) await lab.put(id, MIB, { fill: 9 });
    await lab.settled();
    await lab.store.get("b", 2);
    await lab.store.get("c", 2);
    const get = faultOf(Promise.resolve(lab.store.get("a", 2)));
    await lab.settled().catch(() => {});
    lab.clock.advance(3000);
    expect(await get).toBeInstanceOf(StoreFullFault);
    lab.store.unmapped(2, ["b"]);
    expect((await lab.read("a"))?.[0]).toBe(9);
  });

  test("takes no room for an object that is freed while its restore waits", async () => {
    const lab = new Lab({ capacity: 2 * MIB });
    for (const id of ["a", "b", "c"]) await lab.put(id, MIB);
    await lab.settled();
    for (const id of ["b", "c"]) await lab.store.get(id, 2);
    const get = lab.store.get("a", 3);
    expect(lab.store.stateOf("a")).toBe("RESTORING");
    lab.store.free("a");
    expect(await get).toBeUndefined();
    lab.store.unmapped(2, ["b", "c"]);
    for (const id of ["b", "c"]) lab.store.free(id);
    // The disk may still be at work on one of them.
    await lab.until(() => lab.store.stats().lingeringBytes === 0);
    lab.store.trim();
    expect(lab.store.stats()).toMatchObject({ usedBytes: 0, diskBytes: 0, waiting: 0 });
  });

  test("serves requests in their order, large ones too", async () => {
    const lab = new Lab({ capacity: 4 * MIB, disk: null });
    for (const id of ["a", "b", "c", "d"]) await lab.put(id, MIB);
    const order: string[] = [];
    const large = lab.put("large", 2 * MIB).then(() => order.push("large"));
    const small = lab.put("small", MIB, { place: 2 }).then(() => order.push("small"));
    for (const id of ["a", "b", "c"]) lab.store.free(id);
    await Promise.all([large, small]);
    expect(order).toEqual(["large", "small"]);
  });

  test("uses buffers that wait for reuse elsewhere", async () => {
    const reclaimed: number[][] = [];
    const lab = new Lab({ capacity: 4 * MIB, disk: null, events: { reclaimed: (places) => reclaimed.push(places) } });
    for (const id of ["a", "b"]) await lab.put(id, MIB, { place: 7 });
    for (const id of ["a", "b"]) lab.store.free(id);
    await lab.put("c", 3 * MIB, { place: 8 });
    expect(reclaimed).toEqual([[7]]);
    expect(lab.place(7).sweep()).toBe(MIB);
    expect(lab.store.stats()).toMatchObject({ usedBytes: 4 * MIB, cachedBytes: MIB });
  });
});

describe("buffers that wait for reuse", () => {
  test("are given back when nobody has used them for a while, whatever else the store does meanwhile", async () => {
    const lab = new Lab({ capacity: 64 * MIB });
    for (let round = 0; round < 12; round++) {
      // Places come, make an object that is freed, and go: nobody else takes their buffers.
      await lab.put(`passing ${round}`, MIB, { place: 10 + round });
      lab.store.free(`passing ${round}`);
      lab.store.placeDied(10 + round);
      lab.forget(10 + round);
      // One that is used again and again stays.
      await lab.put(`again ${round}`, 2 * MIB, { place: 2 });
      lab.store.free(`again ${round}`);
      lab.clock.advance(5_000);
    }
    expect(lab.store.stats().cachedBytes).toBeLessThanOrEqual(6 * MIB);
    expect(lab.store.stats().cachedBytes).toBeGreaterThanOrEqual(2 * MIB);
    lab.clock.advance(20_000);
    expect(lab.store.stats()).toMatchObject({ cachedBytes: 0, usedBytes: 0 });
  });

  test("are given back when the store is idle, and not before", async () => {
    const lab = new Lab({ capacity: 8 * MIB });
    await lab.put("a", MIB);
    await lab.put("b", MIB);
    lab.store.free("a");
    lab.clock.advance(9000);
    expect(lab.store.stats().cachedBytes).toBe(MIB);
    lab.clock.advance(11_000);
    expect(lab.store.stats()).toMatchObject({ cachedBytes: 0, usedBytes: MIB });
  });
});

describe("a place that dies", () => {
  test("leaves its objects, and nothing else", async () => {
    const lab = new Lab({ capacity: 16 * MIB });
    await lab.put("kept", MIB, { place: 3, fill: 3 });
    await lab.put("other", MIB);
    await lab.store.get("other", 3);
    await lab.put("free", MIB, { place: 3 });
    lab.store.free("free");
    lab.place(3).allocate(MIB);
    const unsealed = lab.place(3).allocate(2 * MIB);
    lab.store.placeDied(3);
    expect(lab.store.seal("late", unsealed, { slot: lab.place(3).slotOf(unsealed), bytes: 2 * MIB })).toBe(false);
    lab.forget(3);
    expect(lab.store.stats()).toMatchObject({ usedBytes: 2 * MIB, residentBytes: 2 * MIB, unsealedBytes: 0 });
    expect((await lab.read("kept"))?.[5]).toBe(3);
    // A new place with the old number gets nothing that the dead one had in view.
    lab.store.free("kept");
    await lab.put("new", MIB, { place: 3, fill: 4 });
    expect((await lab.read("new"))?.[5]).toBe(4);
  });

  test("while it waits for room leaves none reserved", async () => {
    const lab = new Lab({ capacity: 2 * MIB, disk: null });
    await lab.put("a", 2 * MIB);
    const put = lab.put("b", 2 * MIB, { place: 3 });
    const granted = lab.put("c", 2 * MIB, { place: 4 });
    lab.store.placeDied(3);
    lab.store.free("a");
    lab.store.placeDied(4);
    expect(lab.store.stats().usedBytes).toBe(0);
    void Promise.allSettled([put, granted]);
  });
});
