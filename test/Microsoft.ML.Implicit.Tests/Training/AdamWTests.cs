using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Training;

[TestClass]
public class AdamWTests
{
    [TestMethod]
    public void Steps_are_those_of_torch()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = linspace(-1, 2, 12, ScalarType.Float64).reshape(3, 4);
        using var ours = new Parameter(start.clone());
        using var theirs = new Parameter(start.clone());
        using var optimizer = new Implicit.Training.AdamW([ours], 0.1);
        using TorchSharp.Modules.AdamW reference = optim.AdamW([theirs], lr: 0.05, weight_decay: 0.1);
        for (int step = 0; step < 20; step++)
        {
            optimizer.ZeroGradients();
            reference.zero_grad();
            ours.pow(4).sum().backward();
            theirs.pow(4).sum().backward();
            optimizer.Step(0.05);
            reference.step();
        }

        Assert.IsLessThan(1e-12, (ours - theirs).abs().max().item<double>());
    }

    [TestMethod]
    public void A_stack_of_networks_is_trained_as_they_are_one_by_one()
    {
        double[] decays = [0.1, 0.7];
        using DisposeScope scope = NewDisposeScope();
        Tensor weights = linspace(-1, 2, 12, ScalarType.Float64).reshape(2, 3, 2);
        Tensor biases = linspace(1, 2, 4, ScalarType.Float64).reshape(2, 2);
        using var stackedWeights = new Parameter(weights.clone());
        using var stackedBiases = new Parameter(biases.clone());
        using var together = new Implicit.Training.AdamW([stackedWeights, stackedBiases], decays);
        for (int network = 0; network < decays.Length; network++)
        {
            using var weight = new Parameter(weights[network].clone());
            using var bias = new Parameter(biases[network].clone());
            using var alone = new Implicit.Training.AdamW([weight, bias], decays[network]);
            for (int step = 0; step < 5; step++)
            {
                alone.ZeroGradients();
                (weight.pow(4).sum() + bias.pow(2).sum()).backward();
                double norm = alone.ClipGradients(1).item<double>();
                alone.Step(0.05);
                if (network == 0)
                {
                    together.ZeroGradients();
                    (stackedWeights.pow(4).sum() + stackedBiases.pow(2).sum()).backward();
                    Assert.AreEqual(norm, together.ClipGradients(1)[0].item<double>(), 1e-12);
                    together.Step(0.05);
                }
            }

            Assert.IsLessThan(1e-12, (weight - stackedWeights[network]).abs().max().item<double>());
            Assert.IsLessThan(1e-12, (bias - stackedBiases[network]).abs().max().item<double>());
        }
    }

    [TestMethod]
    public void Rows_left_out_of_a_sparse_gradient_catch_up_with_moments_and_decay()
    {
        const double rate = 0.05;
        const double decay = 0.1;
        int[][] touched = [[0, 2], [0], [0], [0, 2], [0, 1, 2]];
        using DisposeScope scope = NewDisposeScope();
        using var parameter = new Parameter(ones(3, 1, ScalarType.Float64));
        using var optimizer = new Implicit.Training.AdamW([parameter], decay);
        (double Value, double First, double Second, double Kept)[] expected = [.. Enumerable.Repeat((1.0, 0.0, 0.0, 1.0), 3)];
        for (int step = 1; step <= touched.Length; step++)
        {
            long[] rows = [.. touched[step - 1].Select(row => (long)row)];
            parameter.grad = sparse_coo_tensor(tensor(rows, [1, rows.Length]), full(rows.Length, 1, (double)step, ScalarType.Float64), [3, 1]);
            optimizer.Step(rate);
            for (int row = 0; row < 3; row++)
            {
                bool isTouched = rows.Contains(row);
                double gradient = isTouched ? step : 0;
                (double value, double first, double second, double kept) = expected[row];
                (first, second, kept) = ((0.9 * first) + (0.1 * gradient), (0.999 * second) + (0.001 * gradient * gradient), kept * (1 - (rate * decay)));
                double move = rate * first / (1 - Math.Pow(0.9, step)) / (Math.Sqrt(second / (1 - Math.Pow(0.999, step))) + 1e-8);
                expected[row] = isTouched ? ((value * kept) - move, first, second, 1) : (value, first, second, kept);
            }
        }

        double[] actual = [.. parameter.detach().data<double>()];
        for (int row = 0; row < 3; row++)
        {
            Assert.AreEqual(expected[row].Value, actual[row], 1e-12);
        }
    }

    [TestMethod]
    public void A_row_that_stands_in_a_sparse_gradient_twice_counts_once_with_the_sum()
    {
        using DisposeScope scope = NewDisposeScope();
        using var parameter = new Parameter(ones(2, 1, ScalarType.Float64));
        using var optimizer = new Implicit.Training.AdamW([parameter], 0);
        parameter.grad = sparse_coo_tensor(tensor(new long[] { 1, 1 }, [1, 2]), tensor(new[] { 1.0, 2.0 }, [2, 1]), [2, 1]);
        Assert.AreEqual(3, optimizer.ClipGradients(1.5).item<double>(), 1e-12);
        Assert.AreEqual(1.5, parameter.grad!.to_dense()[1, 0].item<double>(), 1e-12);
    }

    [TestMethod]
    public void Large_gradients_are_scaled_to_the_maximum_norm()
    {
        using DisposeScope scope = NewDisposeScope();
        using var first = new Parameter(tensor(new[] { 3.0 }));
        using var second = new Parameter(tensor(new[] { 4.0 }));
        using var optimizer = new Implicit.Training.AdamW([first, second], 0);
        (first.square().sum() + second.square().sum()).backward();
        Assert.AreEqual(10, optimizer.ClipGradients(1).item<double>(), 1e-12);
        Assert.AreEqual(0.6, first.grad!.item<double>(), 1e-12);
        Assert.AreEqual(0.8, second.grad!.item<double>(), 1e-12);
        Assert.AreEqual(1, optimizer.ClipGradients(5).item<double>(), 1e-12, "a smaller norm is left alone");
    }

    [TestMethod]
    public void Steps_leave_no_tensors_behind()
    {
        using var parameter = new Parameter(ones(3, 3));
        using var optimizer = new Implicit.Training.AdamW([parameter], 0.1);
        using DisposeScope scope = NewDisposeScope();
        parameter.square().sum().backward();
        int before = scope.DisposablesCount;
        optimizer.ClipGradients(1);
        optimizer.Step(0.1);
        Assert.IsLessThanOrEqualTo(before + 1, scope.DisposablesCount);
    }
}
