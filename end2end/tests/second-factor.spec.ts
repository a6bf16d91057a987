// The second factor: switched on in Settings, asked for at sign-in, with and without scripts.
import { createHmac } from 'node:crypto';
import type { Page } from '@playwright/test';
import { api, fillCredentials, live, signIn, signOut } from '../support/app';
import { look } from '../support/look';
import { expect, test } from '../support/test';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** What an app shows so many steps from now (RFC 6238). */
function totp(secret: string, steps = 0): string {
  let bits = '';
  for (const letter of secret) bits += BASE32.indexOf(letter).toString(2).padStart(5, '0');
  const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const hash = createHmac('sha1', key).update(counter).digest();
  const number = hash.readUInt32BE(hash[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

const codeField = (page: Page) => page.getByLabel('Code from your app', { exact: true });

async function submitCode(page: Page, code: string) {
  await codeField(page).fill(code);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('a code of the app or a recovery code opens the account', async ({ page, request, watch }) => {
  test.setTimeout(120_000);
  // The browser's own line about a password without a code.
  watch.allow(/status of 401/);
  const tina = { username: 'tina', password: 'a second thing to have' };
  expect((await (await api(request)).post('/users', tina)).status()).toBe(201);
  await signIn(page, tina);
  await page.goto('/settings#second-factor');
  await live(page);
  const panel = page.getByTestId('second-factor');
  await panel.getByRole('button', { name: 'Set up' }).click();
  await expect(panel.getByRole('img', { name: 'QR code for the app' })).toBeVisible();
  const secret = await panel.getByTestId('second-factor-secret').inputValue();
  await look(page, 'second factor to be confirmed');
  await codeField(page).fill(totp(secret));
  await panel.getByRole('button', { name: 'Switch on' }).click();
  const codes = (await panel.getByTestId('recovery-codes').inputValue()).split('\n');
  expect(codes).toHaveLength(10);
  await expect(panel.getByTestId('recovery-codes-left')).toHaveText('10 recovery codes are left.');
  await look(page, 'recovery codes');
  await expect(panel.getByRole('link', { name: 'Download as text' })).toHaveAttribute('href', /^data:text\/plain/);
  await page.goto('/');
  await live(page);
  await signOut(page);

  await fillCredentials(page, tina);
  await page.getByRole('button', { name: 'Sign in' }).click();
  // Each step's code is used once.
  await submitCode(page, totp(secret, 1));
  await expect(page).toHaveURL('/');
  await live(page);
  await signOut(page);
  await fillCredentials(page, tina);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await submitCode(page, codes[0]);
  await expect(page).toHaveURL('/');
  await page.goto('/settings#second-factor');
  await expect(page.getByTestId('recovery-codes-left')).toHaveText('9 recovery codes are left.');
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('a second factor is set up and asked for without scripts', async ({ page, request }) => {
    test.setTimeout(120_000);
    const theo = { username: 'theo', password: 'a second thing on paper' };
    expect((await (await api(request)).post('/users', theo)).status()).toBe(201);
    const enter = async () => {
      await page.goto('/login');
      await fillCredentials(page, theo);
      await page.getByRole('button', { name: 'Sign in' }).click();
    };
    await enter();
    await expect(page).toHaveURL('/');
    await page.goto('/settings');
    await page.getByRole('button', { name: 'Set up' }).click();
    const secret = await page.getByTestId('second-factor-secret').inputValue();
    await codeField(page).fill(totp(secret));
    await page.getByRole('button', { name: 'Switch on' }).click();
    const codes = (await page.getByTestId('recovery-codes').inputValue()).split('\n');
    expect(codes).toHaveLength(10);
    await page.context().clearCookies();

    await enter();
    await expect(codeField(page)).toBeVisible();
    await fillCredentials(page, theo);
    await submitCode(page, codes[0]);
    await expect(page).toHaveURL('/');
  });
});
