#pragma once
// Philox4x32-10 and Box-Muller in arithmetic that every processor rounds alike: integers, and double operations named one by one,
// with log and sine as polynomials. So a device and the CPU make the same bits, which no two vendors' mathematics libraries promise.
// Where a product is added to something without multiply_add it is exact, so a host compiler that fuses the two changes nothing.
// Results are within 2 ulp of double; rounded to float they are those of any good library.

#include <cmath>
#include <cstdint>

#if defined(__CUDACC__)
#define MIRRORME_EVERYWHERE __host__ __device__ inline
#else
#define MIRRORME_EVERYWHERE inline
#endif

namespace mirrorme::kernels::exact {

#if defined(__CUDA_ARCH__)
MIRRORME_EVERYWHERE double multiply(double a, double b) { return __dmul_rn(a, b); }
MIRRORME_EVERYWHERE double add(double a, double b) { return __dadd_rn(a, b); }
MIRRORME_EVERYWHERE double divide(double a, double b) { return __ddiv_rn(a, b); }
MIRRORME_EVERYWHERE double root(double a) { return __dsqrt_rn(a); }
MIRRORME_EVERYWHERE double multiply_add(double a, double b, double c) { return __fma_rn(a, b, c); }
#else
MIRRORME_EVERYWHERE double multiply(double a, double b) { return a * b; }
MIRRORME_EVERYWHERE double add(double a, double b) { return a + b; }
MIRRORME_EVERYWHERE double divide(double a, double b) { return a / b; }
MIRRORME_EVERYWHERE double root(double a) { return std::sqrt(a); }
MIRRORME_EVERYWHERE double multiply_add(double a, double b, double c) { return std::fma(a, b, c); }
#endif

struct Counter {
    std::uint32_t word[4];
};

MIRRORME_EVERYWHERE Counter philox(Counter c, std::uint32_t key0, std::uint32_t key1) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t a = std::uint64_t{0xD2511F53u} * c.word[0], b = std::uint64_t{0xCD9E8D57u} * c.word[2];
        c = {{static_cast<std::uint32_t>(b >> 32) ^ c.word[1] ^ key0, static_cast<std::uint32_t>(b),
              static_cast<std::uint32_t>(a >> 32) ^ c.word[3] ^ key1, static_cast<std::uint32_t>(a)}};
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return c;
}

/// -2 log(u), u = (bits + 1) / 2^32. With bits + 1 = m 2^e, m in [sqrt(1/2), sqrt(2)): log m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172.
MIRRORME_EVERYWHERE double minus_two_log(std::uint32_t bits) {
    int exponent = 0;
    double m = std::frexp(static_cast<double>(std::uint64_t{bits} + 1), &exponent);  // in [1/2, 1)
    if (m < 0.7071067811865476) {
        m = multiply(m, 2.0);
        --exponent;
    }
    const double s = divide(add(m, -1.0), add(m, 1.0)), z = multiply(s, s);
    double p = 1.0 / 23;  // sum of z^k / (2k + 1), k = 1..11: the next term is below 2^-60
    for (int k = 10; k >= 1; --k) p = multiply_add(p, z, 1.0 / (2 * k + 1));
    const double two_s = multiply(2.0, s), tail = multiply(multiply(two_s, z), p);
    // ln 2 in two parts, the upper with few bits, so that its product with the exponent is exact.
    const double e = static_cast<double>(exponent - 32);
    const double log = add(multiply(e, 0x1.62e42fefa38p-1), add(two_s, multiply_add(e, 0x1.ef35793c7673p-45, tail)));
    return multiply(-2.0, log);
}

struct Direction {
    double cosine, sine;
};

/// Of the angle bits / 2^32 * 2 pi, rounded to double as a product is; less its quarter turns it is exact, and then within pi / 4.
MIRRORME_EVERYWHERE Direction direction(std::uint32_t bits) {
    const double angle = multiply(multiply(static_cast<double>(bits), 0x1p-31), 3.141592653589793);
    const std::uint32_t quarter = static_cast<std::uint32_t>((std::uint64_t{bits} + 0x20000000u) >> 30);  // 0..4
    const double q = static_cast<double>(quarter);
    const double x = multiply_add(-q, 6.123233995736766e-17, multiply_add(-q, 1.5707963267948966, angle)), z = multiply(x, x);
    double s = 1.0 / 355687428096000.0;    // 1 / 17!
    s = multiply_add(s, z, -1.0 / 1307674368000.0);
    s = multiply_add(s, z, 1.0 / 6227020800.0);
    s = multiply_add(s, z, -1.0 / 39916800.0);
    s = multiply_add(s, z, 1.0 / 362880.0);
    s = multiply_add(s, z, -1.0 / 5040.0);
    s = multiply_add(s, z, 1.0 / 120.0);
    s = multiply_add(s, z, -1.0 / 6.0);
    s = multiply_add(multiply(s, z), x, x);
    double c = -1.0 / 6402373705728000.0;  // 1 / 18!
    c = multiply_add(c, z, 1.0 / 20922789888000.0);
    c = multiply_add(c, z, -1.0 / 87178291200.0);
    c = multiply_add(c, z, 1.0 / 479001600.0);
    c = multiply_add(c, z, -1.0 / 3628800.0);
    c = multiply_add(c, z, 1.0 / 40320.0);
    c = multiply_add(c, z, -1.0 / 720.0);
    c = multiply_add(c, z, 1.0 / 24.0);
    c = multiply_add(c, z, -0.5);
    c = multiply_add(c, z, 1.0);
    switch (quarter & 3u) {
        case 0: return {c, s};
        case 1: return {-s, c};
        case 2: return {-c, -s};
        default: return {s, -c};
    }
}

struct Four {
    float value[4];
};

/// The four normal values of one counter.
MIRRORME_EVERYWHERE Four normal(const Counter& counter, std::uint32_t key0, std::uint32_t key1) {
    const Counter bits = philox(counter, key0, key1);
    Four out{};
    for (int pair = 0; pair < 4; pair += 2) {
        const double radius = root(minus_two_log(bits.word[pair]));
        const Direction d = direction(bits.word[pair + 1]);
        out.value[pair] = static_cast<float>(multiply(radius, d.cosine));
        out.value[pair + 1] = static_cast<float>(multiply(radius, d.sine));
    }
    return out;
}

}  // namespace mirrorme::kernels::exact
