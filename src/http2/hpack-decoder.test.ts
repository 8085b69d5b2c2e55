import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type HpackDecoder, hpackDecoder } from "./hpack-decoder.ts";
import { huffmanDecode } from "./huffman.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const decoder = (listBytes = 1000): HpackDecoder => hpackDecoder(4096, listBytes);
const fields = (decoded: unknown) => Object.fromEntries(decoded as ReadonlyMap<string, string>);

describe("RFC 7541, appendix C", () => {
  const request = {
    ":method": "GET",
    ":scheme": "http",
    ":path": "/",
    ":authority": "www.example.com",
  };

  test.each([
    [
      "C.3, as it is",
      [
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
      ],
    ],
    [
      "C.4, in Huffman's code",
      [
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
      ],
    ],
  ])("%s: three requests on one connection", (_, blocks) => {
    const { decode } = decoder();
    const [first, second, third] = blocks.map((block) => fields(decode(hex(block))));
    expect(first).toEqual(request);
    expect(second).toEqual({ ...request, "cache-control": "no-cache" });
    expect(third).toEqual({
      ...request,
      ":scheme": "https",
      ":path": "/index.html",
      "custom-key": "custom-value",
    });
  });
});

test("entries go when the table is full, oldest first, and a larger one empties it", () => {
  const { decode } = hpackDecoder(100, 1000);
  const insert = (name: string, value: string) =>
    decode(
      Buffer.concat([
        Buffer.of(0x40, name.length),
        Buffer.from(name),
        Buffer.of(value.length),
        Buffer.from(value),
      ]),
    );
  insert("a", "1");
  insert("b", "2");
  expect(fields(decode(Buffer.of(0xbf)))).toEqual({ a: "1" });
  insert("c", "3");
  // Of 34 bytes each, two fit.
  expect(fields(decode(Buffer.of(0xbf)))).toEqual({ b: "2" });
  expect(decode(Buffer.of(0xc0))).toBe("compression_error");
  insert("d", "x".repeat(90));
  expect(decode(Buffer.of(0xbe))).toBe("compression_error");
});

test("the same block means something else after the table has changed", () => {
  const { decode } = decoder();
  decode(hex("4001 6101 31"));
  expect(fields(decode(Buffer.of(0xbe)))).toEqual({ a: "1" });
  expect(fields(decode(Buffer.of(0xbe)))).toEqual({ a: "1" });
  decode(hex("4001 6201 32"));
  expect(fields(decode(Buffer.of(0xbe)))).toEqual({ b: "2" });
});

test("a table that the peer makes smaller and larger again has lost what it held", () => {
  const { decode } = decoder();
  decode(hex("4001 6101 31"));
  expect(fields(decode(hex("20 3fe11f 82")))).toEqual({ ":method": "GET" });
  expect(decode(Buffer.of(0xbe))).toBe("compression_error");
});

test.each([
  ["index 0", "80"],
  ["an index beyond both tables", "be"],
  ["a name of an index beyond both tables", "7f00 0131"],
  ["a size of the table above what it may have", "3fe21f"],
  ["a size of the table after a field", "8220"],
  ["a string beyond the end", "4001 617f 31"],
  ["an integer beyond the end", "ff"],
  ["an integer without end", "ff80 8080 8080 8080"],
  ["no value", "4001 61"],
  ["Huffman padding of zeros", "4001 6181 00"],
  ["Huffman padding of a whole byte", "4001 6182 ffff"],
  ["Huffman's end of a string", "4001 6184 ffff ffff"],
])("%s is refused", (_, block) => {
  expect(decoder().decode(hex(block))).toBe("compression_error");
});

test("headers that are too large are dropped, and the table is right after them", () => {
  const { decode } = decoder(50);
  expect(decode(hex("4001 6101 31 4001 6201 32"))).toBe("too_large");
  expect(fields(decode(Buffer.of(0xbf)))).toEqual({ a: "1" });
});

test("any bytes are decoded or refused", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 10 }), (blocks) => {
      const { decode } = decoder();
      for (const block of blocks) {
        const decoded = decode(Buffer.from(block));
        if (typeof decoded === "string")
          expect(["compression_error", "too_large"]).toContain(decoded);
      }
    }),
    { numRuns: 2000 },
  );
});

test("Huffman's code: a text of every kind of character", () => {
  // 302, as in C.6.1, and `foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1`, as in C.6.3.
  const read = (code: string) => huffmanDecode(hex(code), 0, hex(code).length);
  expect(read("6402")).toBe("302");
  expect(
    read(
      "94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
    ),
  ).toBe("foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1");
});
