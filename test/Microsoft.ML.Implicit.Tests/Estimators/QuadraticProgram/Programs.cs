using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.Estimators.QuadraticProgram;

/// <summary>Rows with data of small quadratic programs of two variables.</summary>
internal static class Programs
{
    /// <summary>Costs whose projections on the probability simplex are known: (1, 0), (0.5, 0.5) and (0.2, 0.8) at Q = I.</summary>
    public static IDataView Costs(MLContext ml) => ml.Data.LoadFromEnumerable(
        [
            new Row { Costs = [-3, 0], Budget = 1, Right = [1] },
            new Row { Costs = [-1, -1], Budget = 1, Right = [1] },
            new Row { Costs = [0.1f, -0.5f], Budget = 1, Right = [1] },
        ]);

    public static float[][] Solutions(IDataView data, string column = "Solution") => Scored.Vectors(data, column);

    public static string[] Status(IDataView data) => [.. data.GetColumn<string>("Status")];

    public static void AssertClose(double[] expected, float[] actual)
    {
        Assert.HasCount(expected.Length, actual);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], 1e-6, $"slot {i} of [{string.Join(", ", actual)}]");
        }
    }

    internal sealed class Row
    {
        [VectorType(2)]
        public float[] Costs { get; set; } = [];

        public double Budget { get; set; }

        [VectorType(1)]
        public double[] Right { get; set; } = [];
    }
}
