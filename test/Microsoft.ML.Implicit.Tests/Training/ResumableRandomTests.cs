using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Training;

[TestClass]
public sealed class ResumableRandomTests
{
    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(-12345)]
    [DataRow(int.MaxValue)]
    [DataRow(int.MinValue)]
    public void It_draws_what_Random_draws_and_goes_on_where_its_state_was_left(int seed)
    {
        var expected = new Random(seed);
        var random = new ResumableRandom(seed);
        for (int round = 0; round < 200; round++)
        {
            CollectionAssert.AreEqual(Draw(expected), Draw(random));
            var resumed = new ResumableRandom(seed + 1);
            resumed.ReadState(new BinaryReader(new MemoryStream(Persisted(random))));
            random = resumed;
        }
    }

    private static byte[] Persisted(ResumableRandom random)
    {
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer);
        random.WriteState(writer);
        writer.Flush();
        return buffer.ToArray();
    }

    private static int[] Draw(Random random)
    {
        int[] order = [.. Enumerable.Range(0, 40)];
        random.Shuffle(order);
        return [.. order, random.Next(7), random.Next(int.MaxValue), random.Next(-5, 100_000), (int)(1e9 * random.NextDouble())];
    }
}
