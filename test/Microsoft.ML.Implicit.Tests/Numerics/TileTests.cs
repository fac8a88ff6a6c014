using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Tests.Numerics;

[TestClass]
public sealed unsafe class TileTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    [DataRow(4)]
    [DataRow(8)]
    [DataRow(13)]
    public void Rows_come_out_of_tiles_as_they_went_in(int dimension)
    {
        using var tile = new AlignedBuffer((long)Tile.Pad(dimension) * Tile.Lanes);
        for (int count = 1; count <= (2 * Tile.Lanes) + 5; count++)
        {
            float[] rows = [.. Enumerable.Range(1, count * dimension).Select(i => (float)i)];
            float[] copied = new float[(count + 1) * dimension];
            fixed (float* source = rows, destination = copied)
            {
                for (int i = 0; i < Tile.Count(count); i++)
                {
                    Tile.Load(source, count, dimension, i, tile.Pointer);
                    Tile.Store(tile.Pointer, count, dimension, i, destination);
                }
            }

            CollectionAssert.AreEqual((float[])[.. rows, .. new float[dimension]], copied, $"{count} rows");
        }
    }

    [TestMethod]
    public void A_block_is_transposed_and_nothing_beside_it_is_touched()
    {
        const int SourceStride = 7, Stride = 5;
        float[] source = [.. Enumerable.Range(1, 4 * SourceStride).Select(i => (float)i)], transposed = new float[4 * Stride];
        fixed (float* from = source, to = transposed)
        {
            Transposition.Apply(from, SourceStride, to, Stride);
        }

        for (int i = 0; i < Transposition.Size; i++)
        {
            for (int j = 0; j < Transposition.Size; j++)
            {
                Assert.AreEqual(source[(i * SourceStride) + j], transposed[(j * Stride) + i]);
            }

            Assert.AreEqual(0, transposed[(i * Stride) + Transposition.Size]);
        }
    }
}
