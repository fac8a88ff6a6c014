using Microsoft.ML.Implicit.Solvers.Ode.Paths;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode.Paths;

/// <summary>Paths in more pieces.</summary>
[TestClass]
public sealed class PathDivisionTests
{
    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    public void A_divided_path_is_the_same_path()
    {
        using var generator = new Generator(1);
        Tensor times = rand([2, 4], ScalarType.Float64, generator: generator).cumsum(1);
        Tensor Draw() => randn([2, 3, 2], ScalarType.Float64, generator: generator);
        var pieces = new PathPieces(PathGrid.Of(times), Draw(), Draw(), Draw());
        Tensor parts = tensor(new long[] { 1, 3, 2, 4, 1, 1 }, [2, 3]);
        PathPieces divided = pieces.Divide(parts);
        Assert.AreEqual(6, divided.Changes.shape[1]);
        for (int row = 0, piece; row < 2; row++)
        {
            int number = 0;
            for (piece = 0; piece < 3; piece++)
            {
                long count = parts[row, piece].item<long>();
                Tensor[] whole = [pieces.Changes[row, piece], pieces.StartSlopes[row, piece], pieces.EndSlopes[row, piece]];
                AssertClose(whole[0], divided.Changes[row].narrow(0, number, count).sum(dim: 0));
                for (int part = 0; part < count; part++, number++)
                {
                    foreach (double place in (double[])[0, 0.3, 1])
                    {
                        AssertClose(
                            PathPieces.Slope(whole[0], whole[1], whole[2], tensor((part + place) / count)),
                            PathPieces.Slope(divided.Changes[row, number], divided.StartSlopes[row, number], divided.EndSlopes[row, number], tensor(place)) * count);
                    }

                    AssertClose(times[row, piece] + ((times[row, piece + 1] - times[row, piece]) * ((part + 1.0) / count)), divided.Grid.Times[row, number + 1]);
                }
            }

            for (; number < 6; number++)
            {
                Assert.AreEqual(0, divided.Changes[row, number].abs().max().item<double>(), "behind a row's last piece nothing changes");
                Assert.AreEqual(0, divided.StartSlopes[row, number].abs().max().item<double>());
            }
        }
    }

    private static void AssertClose(Tensor expected, Tensor actual) => Assert.IsLessThan(1e-12, (expected - actual).abs().max().item<double>());
}
