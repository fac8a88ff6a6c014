using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Decisions;

/// <summary>
/// Shortest paths on a 5 × 5 grid with costs that are a polynomial of the features times noise
/// (Elmachtoub and Grigas, "Smart Predict, then Optimize", 2022, section 6.1).
/// </summary>
internal sealed class ShortestPathData
{
    public const int Features = 5;
    public const int Edges = 40;
    private const int Side = 5;

    private readonly bool[,] _weights = new bool[Edges, Features];
    private readonly int _degree;
    private readonly double _noise;
    private readonly Random _random;

    public ShortestPathData(int degree, double noise, int seed)
    {
        _degree = degree;
        _noise = noise;
        _random = new Random(seed);
        for (int edge = 0; edge < Edges; edge++)
        {
            for (int feature = 0; feature < Features; feature++)
            {
                _weights[edge, feature] = _random.Next(2) == 1;
            }
        }
    }

    /// <summary>Flow balance of every node: one unit enters at the north-west corner and leaves at the south-east corner.</summary>
    public static (double[,] A, double[] B) Flow()
    {
        double[,] a = new double[Side * Side, Edges];
        int edge = 0;
        for (int row = 0; row < Side; row++)
        {
            for (int column = 0; column < Side; column++)
            {
                int node = (row * Side) + column;
                if (column + 1 < Side)
                {
                    Connect(node, node + 1);
                }

                if (row + 1 < Side)
                {
                    Connect(node, node + Side);
                }
            }
        }

        double[] b = new double[Side * Side];
        b[0] = -1;
        b[^1] = 1;
        return (a, b);

        void Connect(int from, int to)
        {
            a[from, edge] = -1;
            a[to, edge++] = 1;
        }
    }

    public Row[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => Draw())];

    private Row Draw()
    {
        float[] features = [.. Enumerable.Range(0, Features).Select(_ => (float)_random.NextNormal())];
        float[] costs = new float[Edges];
        for (int edge = 0; edge < Edges; edge++)
        {
            double product = Enumerable.Range(0, Features).Sum(feature => _weights[edge, feature] ? features[feature] : 0);
            double noise = 1 - _noise + (2 * _noise * _random.NextDouble());
            costs[edge] = (float)((Math.Pow((product / Math.Sqrt(Features)) + 3, _degree) + 1) * noise / Math.Pow(3.5, _degree));
        }

        return new Row { Features = features, Costs = costs };
    }

    internal sealed class Row
    {
        [VectorType(ShortestPathData.Features)]
        public float[] Features { get; set; } = [];

        [VectorType(Edges)]
        public float[] Costs { get; set; } = [];
    }
}
