// What somebody scanned or typed, among the goods: bar codes and stock numbers exactly, names by their words in either language.

const plain = (words) => words.normalize("NFKC").toLowerCase();

export const byCode = (goods, code) =>
  goods.find((one) => one.sku.toLowerCase() === code.toLowerCase()) ??
  (/^\d{6,14}$/.test(code) ? goods.find((one) => one.gtin === code.padStart(14, "0")) : undefined);

export const byName = (goods, words) => {
  const parts = plain(words).split(/\s+/);
  return goods.filter((one) => {
    const named = plain(`${one.title.en ?? ""} ${one.title.zh ?? ""} ${one.options} ${one.sku}`);
    return parts.every((part) => named.includes(part));
  });
};
