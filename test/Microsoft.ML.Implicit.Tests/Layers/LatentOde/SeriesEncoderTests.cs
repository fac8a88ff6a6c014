using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Solvers.Ode.Paths;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.LatentOde;

[TestClass]
public class SeriesEncoderTests
{
    [TestMethod]
    public void Padding_does_not_change_a_history_s_summary()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        foreach (SeriesEncoder encoder in Encoders(generator))
        {
            Tensor history = rand([2, 6, 3], generator: generator);
            Tensor gaps = rand([2, 6], generator: generator) + 0.1;
            Tensor together = encoder.Encode(history, gaps, tensor([5L, 3L]));
            Tensor alone = encoder.Encode(history.narrow(0, 1, 1).narrow(1, 0, 4), gaps.narrow(0, 1, 1).narrow(1, 0, 4), tensor([3L]));
            Assert.IsTrue(together.narrow(0, 1, 1).allclose(alone, atol: 1e-5), encoder.GetName());
        }
    }

    [TestMethod]
    public void Reading_step_by_step_gives_the_same_summary()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        foreach (SeriesEncoder encoder in Encoders(generator).Where(e => e.IsIncremental))
        {
            Tensor history = rand([1, 6, 3], generator: generator);
            Tensor gaps = rand([1, 6], generator: generator);
            Tensor state = zeros(1, encoder.StateWidth);
            for (long i = 0; i < 6; i++)
            {
                state = encoder.Step(state, history.select(1, i), gaps.select(1, i).unsqueeze(1));
            }

            Assert.IsTrue(state.allclose(encoder.Encode(history, gaps, tensor([5L])), atol: 1e-5), encoder.GetName());
        }
    }

    [TestMethod]
    public void The_pullback_of_histories_agrees_with_autograd()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor history = randn([37, 9, 5], generator: generator);
        Tensor gaps = rand([37, 9], generator: generator);
        Tensor last = randint(9, [37], ScalarType.Int64, generator: generator);
        Tensor places = (arange(37) * 9) + last;
        foreach (SeriesEncoder encoder in new SeriesEncoder[] { new GruEncoder(5, 7, generator), new OdeRnnEncoder(5, 7, generator) })
        {
            Tensor cotangent = randn([37, 7], generator: generator);
            Tensor state = encoder.Encode(history, gaps, last);
            (state * cotangent).sum().backward();
            Tensor[] expected = [.. encoder.parameters().Select(parameter => parameter.grad!.clone())];
            foreach (var parameter in encoder.parameters())
            {
                parameter.grad = null;
            }

            using SeriesEncoding encoding = encoder.EncodeForTraining(history, gaps, last, places);
            Assert.IsTrue(encoding.State.allclose(state, atol: 1e-6), encoder.GetName());
            encoding.Backward(cotangent);
            foreach ((Tensor gradient, Tensor actual) in expected.Zip(encoder.parameters().Select(parameter => parameter.grad!)))
            {
                Assert.IsTrue(actual.allclose(gradient, rtol: 1e-4, atol: 1e-5), encoder.GetName());
            }

            using IDisposable noGradient = no_grad();
            Assert.IsTrue(encoder.Encode(history, gaps, last).allclose(state, atol: 1e-6), encoder.GetName());
        }
    }

    [TestMethod]
    public void States_along_a_shared_history_and_their_pullback_are_those_of_histories_of_their_own()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor history = randn([5, 9, 3], generator: generator);
        Tensor gaps = rand([5, 9], generator: generator);
        Tensor last = tensor([8L, 3, 8, 0, 5]);
        Tensor rows = tensor([0L, 0, 1, 2, 2, 2, 3, 4]);
        Tensor within = tensor([8L, 2, 3, 8, 8, 0, 0, 5]);
        Tensor cotangent = randn([8, 4], generator: generator);
        foreach (SeriesEncoder encoder in Encoders(generator))
        {
            Tensor[] Gradients(Tensor history, Tensor gaps, Tensor last, Tensor places)
            {
                foreach (var parameter in encoder.parameters())
                {
                    parameter.grad = null;
                }

                using SeriesEncoding encoding = encoder.EncodeForTraining(history, gaps, last, places);
                encoding.Backward(cotangent);
                return [encoding.State.clone(), .. encoder.parameters().Select(parameter => parameter.grad!.clone())];
            }

            Tensor[] shared = Gradients(history, gaps, last, (rows * 9) + within);
            Tensor[] own = Gradients(history.index_select(0, rows), gaps.index_select(0, rows), within, (arange(8) * 9) + within);
            foreach ((Tensor expected, Tensor actual) in own.Zip(shared))
            {
                Assert.IsTrue(actual.allclose(expected, rtol: 1e-4, atol: 1e-5), encoder.GetName());
            }
        }
    }

    [TestMethod]
    public void A_natural_cubic_spline_has_no_curvature_at_its_ends_and_continuous_slopes()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor points = rand([2, 7, 3], ScalarType.Float64, generator: generator);
        Tensor gaps = rand([2, 7], ScalarType.Float64, generator: generator) + 0.1;
        (Tensor lengths, Tensor curvatures) = NaturalCubicSplineFit.Fit(points, gaps, tensor([6L, 4L]));
        Assert.AreEqual(0, curvatures[0, 0].abs().max().item<double>() + curvatures[0, 6].abs().max().item<double>() + curvatures[1, 4].abs().max().item<double>(), 1e-12);
        for (int row = 0; row < 2; row++)
        {
            for (int i = 1; i < (row == 0 ? 6 : 4); i++)
            {
                Tensor Slope(int piece, double left, double right) =>
                    ((points[row, piece + 1] - points[row, piece]) / lengths[row, piece])
                    + (lengths[row, piece] / 6 * ((left * curvatures[row, piece]) + (right * curvatures[row, piece + 1])));
                Tensor before = Slope(i - 1, 1, 2);
                Tensor after = Slope(i, -2, -1);
                Assert.IsTrue(before.allclose(after, rtol: 1e-9, atol: 1e-9));
            }
        }
    }

    private static SeriesEncoder[] Encoders(Generator generator) =>
        [new GruEncoder(3, 4, generator), new OdeRnnEncoder(3, 4, generator), new GruOdeBayesEncoder(3, 4, generator), new ControlledEncoder(3, 4, generator)];
}
