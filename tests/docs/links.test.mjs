// Every file and heading that a page of ours links to exists.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = ['', 'docs'].flatMap((folder) =>
  fs.readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join(root, folder, name)));

for (const page of pages) {
  test(`${path.relative(root, page)} leads nowhere wrong`, () => {
    for (const target of linksOf(fs.readFileSync(page, 'utf8'))) {
      const [file, heading] = target.split('#');
      const to = file ? path.resolve(path.dirname(page), file) : page;
      assert.ok(fs.existsSync(to), `${target} does not exist`);
      if (heading) assert.ok(headingsOf(to).includes(heading), `no ${target}`);
    }
  });
}

test('pages were found', () => assert.ok(pages.length >= 8, `${pages}`));

function linksOf(text) {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

function headingsOf(page) {
  return [...fs.readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm)]
    .map(([, text]) => text.toLowerCase().replace(/[^\w -]/g, '')
      .replace(/ /g, '-'));
}
