using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>Layout of rows in tiles: <c>[padded dimension][lanes]</c>.</summary>
internal static unsafe class Tile
{
    /// <summary>Coordinates are padded to a multiple of this, the number of outputs that one pass of a matrix product makes.</summary>
    public const int CoordinateBlock = 4;

    /// <summary>Rows in a tile: two vectors, enough independent sums to hide the latency of a fused multiply-add.</summary>
    public static int Lanes { get; } = 2 * Vector<float>.Count;

    /// <summary>Whether one vector of 512 bits holds a coordinate of all rows of a tile.</summary>
    public static bool IsWideVector { get; } = Vector512.IsHardwareAccelerated && Lanes == Vector512<float>.Count;

    public static int Count(int rows) => (rows + Lanes - 1) / Lanes;

    public static int Pad(int coordinates) => (coordinates + CoordinateBlock - 1) / CoordinateBlock * CoordinateBlock;

    /// <summary>Number of floats padded to whole pairs of vectors.</summary>
    public static int PadLength(int length) => (length + Lanes - 1) / Lanes * Lanes;

    /// <summary>Fills a tile from row-major memory. Lanes past the last row repeat it; padding coordinates are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Load(float* rows, int rowCount, int dimension, int tile, float* destination)
    {
        int first = tile * Lanes;
        for (int d = 0; d < Pad(dimension); d++)
        {
            for (int lane = 0; lane < Lanes; lane++)
            {
                int row = Math.Min(first + lane, rowCount - 1);
                destination[d * Lanes + lane] = d < dimension ? rows[(long)row * dimension + d] : 0;
            }
        }
    }

    /// <summary>Fills a tile from row-major memory with zeros past the last row, as cotangents need it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LoadOrZero(float* rows, int rowCount, int dimension, int tile, float* destination)
    {
        int first = tile * Lanes;
        for (int d = 0; d < Pad(dimension); d++)
        {
            for (int lane = 0; lane < Lanes; lane++)
            {
                bool exists = d < dimension && first + lane < rowCount;
                destination[(d * Lanes) + lane] = exists ? rows[((long)(first + lane) * dimension) + d] : 0;
            }
        }
    }

    /// <summary>Writes a tile's rows to row-major memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Store(float* source, int rowCount, int dimension, int tile, float* rows)
    {
        int lanes = Lanes;
        int first = tile * lanes;
        int count = Math.Min(lanes, rowCount - first);
        float* row = rows + ((long)first * dimension);
        for (int lane = 0; lane < count; lane += Transposition.Size)
        {
            int d = 0;
            for (; lane + Transposition.Size <= count && d + Transposition.Size <= dimension; d += Transposition.Size)
            {
                Transposition.Apply(source + (d * lanes) + lane, lanes, row + d, dimension);
            }

            for (int within = 0; within < Math.Min(Transposition.Size, count - lane); within++)
            {
                for (int rest = d; rest < dimension; rest++)
                {
                    row[(within * dimension) + rest] = source[(rest * lanes) + lane + within];
                }
            }

            row += Transposition.Size * dimension;
        }
    }
}
