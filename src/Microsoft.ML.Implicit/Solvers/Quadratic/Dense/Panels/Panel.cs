using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

/// <summary>Register-tiled kernels on panels of eight columns.</summary>
internal static unsafe class Panel
{
    /// <summary>Columns of a panel, rows and columns of a tile.</summary>
    public const int Width = 8;

    /// <summary>Doubles of a tile.</summary>
    public const int TileSize = Width * Width;

    public static int Pad(int count) => (count + Width - 1) & ~(Width - 1);

    /// <summary>tile += scale · xᵀ y for panels x and y of <paramref name="depth"/> rows.</summary>
    public static void AddProduct(double* x, double* y, int depth, double scale, double* tile)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            AddProduct512(x, y, depth, scale, tile);
            return;
        }

        for (int half = 0; half < Width; half += 4)
        {
            AddProduct256(x + half, y, depth, scale, tile + (half * Width));
        }
    }

    /// <summary>The same for <paramref name="count"/> panels y and tiles at equal distances; two at a time, which reads x half as often.</summary>
    public static void AddProducts(double* x, double* y, nint panelStride, int depth, double scale, double* tile, nint tileStride, int count)
    {
        int i = 0;
        for (; Vector512.IsHardwareAccelerated && i + 1 < count; i += 2)
        {
            AddProductPair512(x, y + (i * panelStride), y + ((i + 1) * panelStride), depth, scale, tile + (i * tileStride), tile + ((i + 1) * tileStride));
        }

        for (; i < count; i++)
        {
            AddProduct(x, y + (i * panelStride), depth, scale, tile + (i * tileStride));
        }
    }

    /// <summary>tile := xᵀ tile for a square x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyTile(double* x, double* tile)
    {
        double* product = stackalloc double[TileSize];
        new Span<double>(product, TileSize).Clear();
        AddProduct(x, tile, Width, 1, product);
        new Span<double>(product, TileSize).CopyTo(new Span<double>(tile, TileSize));
    }

    /// <summary>result = scale · xᵀ y for one panel y and a vector x, or added to the result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyVector(double* x, double* y, int depth, double scale, bool add, double* result)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<double> sum0 = Vector512<double>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            for (int k = 0; k < depth; k += 4, y += 4 * Width)
            {
                sum0 = Vector512.FusedMultiplyAdd(Vector512.Create(x[k]), Vector512.Load(y), sum0);
                sum1 = Vector512.FusedMultiplyAdd(Vector512.Create(x[k + 1]), Vector512.Load(y + 8), sum1);
                sum2 = Vector512.FusedMultiplyAdd(Vector512.Create(x[k + 2]), Vector512.Load(y + 16), sum2);
                sum3 = Vector512.FusedMultiplyAdd(Vector512.Create(x[k + 3]), Vector512.Load(y + 24), sum3);
            }

            Vector512<double> sum = ((sum0 + sum1) + (sum2 + sum3)) * scale;
            (add ? sum + Vector512.Load(result) : sum).Store(result);
            return;
        }

        Vector256<double> low0 = Vector256<double>.Zero, low1 = low0, high0 = low0, high1 = low0;
        for (int k = 0; k < depth; k += 2, y += 2 * Width)
        {
            low0 = Vector256.FusedMultiplyAdd(Vector256.Create(x[k]), Vector256.Load(y), low0);
            high0 = Vector256.FusedMultiplyAdd(Vector256.Create(x[k]), Vector256.Load(y + 4), high0);
            low1 = Vector256.FusedMultiplyAdd(Vector256.Create(x[k + 1]), Vector256.Load(y + 8), low1);
            high1 = Vector256.FusedMultiplyAdd(Vector256.Create(x[k + 1]), Vector256.Load(y + 12), high1);
        }

        Vector256<double> low = (low0 + low1) * scale, high = (high0 + high1) * scale;
        (add ? low + Vector256.Load(result) : low).Store(result);
        (add ? high + Vector256.Load(result + 4) : high).Store(result + 4);
    }

    /// <summary>
    /// target[r] -= Σ y_j[r, :] · x_j for the eight rows of <paramref name="count"/> tiles y_j at equal distances, and eight values x_j for each.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SubtractRowProducts(double* y, nint stride, int count, double* x, double* target)
    {
        for (int row = 0; row < Width; row += 4, y += 4 * Width, target += 4)
        {
            Vector256<double> a = Vector256<double>.Zero, b = a, c = a, d = a;
            double* tile = y;
            for (int j = 0; j < count; j++, tile += stride)
            {
                Vector256<double> low = Vector256.Load(x + (j * Width)), high = Vector256.Load(x + (j * Width) + 4);
                a = Vector256.FusedMultiplyAdd(Vector256.Load(tile), low, Vector256.FusedMultiplyAdd(Vector256.Load(tile + 4), high, a));
                b = Vector256.FusedMultiplyAdd(Vector256.Load(tile + 8), low, Vector256.FusedMultiplyAdd(Vector256.Load(tile + 12), high, b));
                c = Vector256.FusedMultiplyAdd(Vector256.Load(tile + 16), low, Vector256.FusedMultiplyAdd(Vector256.Load(tile + 20), high, c));
                d = Vector256.FusedMultiplyAdd(Vector256.Load(tile + 24), low, Vector256.FusedMultiplyAdd(Vector256.Load(tile + 28), high, d));
            }

            Vector256<double> sums = Vector256.Create(Vector256.Sum(a), Vector256.Sum(b), Vector256.Sum(c), Vector256.Sum(d));
            (Vector256.Load(target) - sums).Store(target);
        }
    }

    /// <summary>result[i, :] = weight[i] · y[i, :].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScaleRows(double* y, double* weight, int rows, double* result)
    {
        for (int i = 0; i < rows; i++, y += Width, result += Width)
        {
            Vector256<double> w = Vector256.Create(weight[i]);
            (Vector256.Load(y) * w).Store(result);
            (Vector256.Load(y + 4) * w).Store(result + 4);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddProduct512(double* x, double* y, int depth, double scale, double* tile)
    {
        Vector512<double> c0 = Vector512<double>.Zero, c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
        for (int k = 0; k < depth; k++, x += Width, y += Width)
        {
            Vector512<double> row = Vector512.Load(y);
            c0 = Vector512.FusedMultiplyAdd(Vector512.Create(x[0]), row, c0);
            c1 = Vector512.FusedMultiplyAdd(Vector512.Create(x[1]), row, c1);
            c2 = Vector512.FusedMultiplyAdd(Vector512.Create(x[2]), row, c2);
            c3 = Vector512.FusedMultiplyAdd(Vector512.Create(x[3]), row, c3);
            c4 = Vector512.FusedMultiplyAdd(Vector512.Create(x[4]), row, c4);
            c5 = Vector512.FusedMultiplyAdd(Vector512.Create(x[5]), row, c5);
            c6 = Vector512.FusedMultiplyAdd(Vector512.Create(x[6]), row, c6);
            c7 = Vector512.FusedMultiplyAdd(Vector512.Create(x[7]), row, c7);
        }

        AddTile(tile, scale, c0, c1, c2, c3, c4, c5, c6, c7);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddProductPair512(double* x, double* y, double* z, int depth, double scale, double* tileY, double* tileZ)
    {
        Vector512<double> c0 = Vector512<double>.Zero, c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
        Vector512<double> d0 = c0, d1 = c0, d2 = c0, d3 = c0, d4 = c0, d5 = c0, d6 = c0, d7 = c0;
        for (int k = 0; k < depth; k++, x += Width, y += Width, z += Width)
        {
            Vector512<double> rowY = Vector512.Load(y), rowZ = Vector512.Load(z);
            Vector512<double> v = Vector512.Create(x[0]);
            c0 = Vector512.FusedMultiplyAdd(v, rowY, c0);
            d0 = Vector512.FusedMultiplyAdd(v, rowZ, d0);
            v = Vector512.Create(x[1]);
            c1 = Vector512.FusedMultiplyAdd(v, rowY, c1);
            d1 = Vector512.FusedMultiplyAdd(v, rowZ, d1);
            v = Vector512.Create(x[2]);
            c2 = Vector512.FusedMultiplyAdd(v, rowY, c2);
            d2 = Vector512.FusedMultiplyAdd(v, rowZ, d2);
            v = Vector512.Create(x[3]);
            c3 = Vector512.FusedMultiplyAdd(v, rowY, c3);
            d3 = Vector512.FusedMultiplyAdd(v, rowZ, d3);
            v = Vector512.Create(x[4]);
            c4 = Vector512.FusedMultiplyAdd(v, rowY, c4);
            d4 = Vector512.FusedMultiplyAdd(v, rowZ, d4);
            v = Vector512.Create(x[5]);
            c5 = Vector512.FusedMultiplyAdd(v, rowY, c5);
            d5 = Vector512.FusedMultiplyAdd(v, rowZ, d5);
            v = Vector512.Create(x[6]);
            c6 = Vector512.FusedMultiplyAdd(v, rowY, c6);
            d6 = Vector512.FusedMultiplyAdd(v, rowZ, d6);
            v = Vector512.Create(x[7]);
            c7 = Vector512.FusedMultiplyAdd(v, rowY, c7);
            d7 = Vector512.FusedMultiplyAdd(v, rowZ, d7);
        }

        AddTile(tileY, scale, c0, c1, c2, c3, c4, c5, c6, c7);
        AddTile(tileZ, scale, d0, d1, d2, d3, d4, d5, d6, d7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTile(
        double* tile,
        double scale,
        Vector512<double> c0,
        Vector512<double> c1,
        Vector512<double> c2,
        Vector512<double> c3,
        Vector512<double> c4,
        Vector512<double> c5,
        Vector512<double> c6,
        Vector512<double> c7)
    {
        Vector512<double> s = Vector512.Create(scale);
        Vector512.FusedMultiplyAdd(s, c0, Vector512.Load(tile)).Store(tile);
        Vector512.FusedMultiplyAdd(s, c1, Vector512.Load(tile + 8)).Store(tile + 8);
        Vector512.FusedMultiplyAdd(s, c2, Vector512.Load(tile + 16)).Store(tile + 16);
        Vector512.FusedMultiplyAdd(s, c3, Vector512.Load(tile + 24)).Store(tile + 24);
        Vector512.FusedMultiplyAdd(s, c4, Vector512.Load(tile + 32)).Store(tile + 32);
        Vector512.FusedMultiplyAdd(s, c5, Vector512.Load(tile + 40)).Store(tile + 40);
        Vector512.FusedMultiplyAdd(s, c6, Vector512.Load(tile + 48)).Store(tile + 48);
        Vector512.FusedMultiplyAdd(s, c7, Vector512.Load(tile + 56)).Store(tile + 56);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddProduct256(double* x, double* y, int depth, double scale, double* tile)
    {
        Vector256<double> a0 = Vector256<double>.Zero, a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
        for (int k = 0; k < depth; k++, x += Width, y += Width)
        {
            Vector256<double> low = Vector256.Load(y), high = Vector256.Load(y + 4);
            Vector256<double> v = Vector256.Create(x[0]);
            a0 = Vector256.FusedMultiplyAdd(v, low, a0);
            b0 = Vector256.FusedMultiplyAdd(v, high, b0);
            v = Vector256.Create(x[1]);
            a1 = Vector256.FusedMultiplyAdd(v, low, a1);
            b1 = Vector256.FusedMultiplyAdd(v, high, b1);
            v = Vector256.Create(x[2]);
            a2 = Vector256.FusedMultiplyAdd(v, low, a2);
            b2 = Vector256.FusedMultiplyAdd(v, high, b2);
            v = Vector256.Create(x[3]);
            a3 = Vector256.FusedMultiplyAdd(v, low, a3);
            b3 = Vector256.FusedMultiplyAdd(v, high, b3);
        }

        Vector256<double> s = Vector256.Create(scale);
        Vector256.FusedMultiplyAdd(s, a0, Vector256.Load(tile)).Store(tile);
        Vector256.FusedMultiplyAdd(s, b0, Vector256.Load(tile + 4)).Store(tile + 4);
        Vector256.FusedMultiplyAdd(s, a1, Vector256.Load(tile + 8)).Store(tile + 8);
        Vector256.FusedMultiplyAdd(s, b1, Vector256.Load(tile + 12)).Store(tile + 12);
        Vector256.FusedMultiplyAdd(s, a2, Vector256.Load(tile + 16)).Store(tile + 16);
        Vector256.FusedMultiplyAdd(s, b2, Vector256.Load(tile + 20)).Store(tile + 20);
        Vector256.FusedMultiplyAdd(s, a3, Vector256.Load(tile + 24)).Store(tile + 24);
        Vector256.FusedMultiplyAdd(s, b3, Vector256.Load(tile + 28)).Store(tile + 28);
    }
}
