namespace Microsoft.ML.Implicit.Tests.Onnx;

/// <summary>Compares what an ONNX file gives with what the library gives.</summary>
internal static class OnnxAssert
{
    private const float Tolerance = 1e-5f;

    public static void AreClose(float[] expected, float[][] actual, float tolerance = Tolerance) =>
        AreClose(Array.ConvertAll(expected, value => new[] { value }), actual, tolerance);

    /// <summary>Each number is within the tolerance, relative where it is above 1, and NaN where NaN is expected.</summary>
    public static void AreClose(float[][] expected, float[][] actual, float tolerance = Tolerance)
    {
        Assert.HasCount(expected.Length, actual);
        for (int row = 0; row < expected.Length; row++)
        {
            Assert.HasCount(expected[row].Length, actual[row]);
            for (int i = 0; i < expected[row].Length; i++)
            {
                if (!expected[row][i].Equals(actual[row][i]))
                {
                    Assert.AreEqual(expected[row][i], actual[row][i], tolerance * MathF.Max(1, MathF.Abs(expected[row][i])), $"row {row}, number {i}");
                }
            }
        }
    }
}
