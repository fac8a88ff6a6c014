using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Layers.LatentSde;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.LatentSde;

[TestClass]
public sealed class LatentSdeNetworkTests
{
    private static readonly LatentOdeSizes Sizes = new(Features: 3, TargetFeatures: 2, Controls: 1, Variables: 2, Latent: 3, Hidden: 5);

    [TestMethod]
    [DataRow(false, 2)]
    [DataRow(false, 0)]
    [DataRow(true, 2)]
    [DataRow(true, 0)]
    public void Gradients_of_the_bound_are_those_of_finite_differences(bool isSimulated, int levels)
    {
        using DisposeScope scope = NewDisposeScope();
        using LatentSdeNetwork network = Perturbed(isSimulated, levels: levels);
        LatentProblem problem = LatentProblem.Create();
        Loss(network, problem).backward();
        foreach ((string name, Tensor parameter) in network.named_parameters().Where(pair => pair.parameter.grad is not null).Select(pair => (pair.name, (Tensor)pair.parameter)))
        {
            using IDisposable noGradient = no_grad();
            long index = parameter.numel() / 2;
            Tensor flat = parameter.view(-1);
            double analytic = parameter.grad!.view(-1)[index].item<double>(), before = flat[index].item<double>();
            const double step = 1e-5;
            flat[index] = before + step;
            double above = Loss(network, problem).item<double>();
            flat[index] = before - step;
            double below = Loss(network, problem).item<double>();
            flat[index] = before;
            Assert.AreEqual((above - below) / (2 * step), analytic, 1e-5 * (1 + Math.Abs(analytic)), name);
        }
    }

    [TestMethod]
    public void All_parts_of_the_prior_and_of_the_posterior_learn_from_the_bound()
    {
        foreach (bool isSimulated in (bool[])[false, true])
        {
            using DisposeScope scope = NewDisposeScope();
            using LatentSdeNetwork network = Perturbed(isSimulated);
            Loss(network, LatentProblem.Create()).backward();
            string[] idle = [.. network.named_parameters().Where(pair => !pair.name.StartsWith("encoder", StringComparison.Ordinal) && !pair.name.StartsWith("initial", StringComparison.Ordinal))
                .Where(pair => pair.parameter.grad is null || pair.parameter.grad.abs().sum().item<double>() == 0).Select(pair => pair.name)];
            Assert.IsEmpty(idle, string.Join(", ", idle));
        }
    }

    [TestMethod]
    public void Targets_read_in_managed_memory_are_those_of_tensor_operations_and_so_are_the_gradients()
    {
        using DisposeScope scope = NewDisposeScope();
        using LatentSdeNetwork network = Perturbed(isSimulated: false);
        LatentProblem problem = LatentProblem.Create();
        using SeriesEncoding exact = network.EncodeTargets(problem.Targets, problem.Mask, problem.Query);
        Tensor cotangent = exact.State.detach().pow(2);
        exact.Backward(cotangent);
        Tensor[] gradients = [.. TargetParameters().Select(parameter => parameter.grad!)];
        network.to(ScalarType.Float32);
        LatentProblem single = problem.ToSingle();
        foreach (Tensor parameter in TargetParameters())
        {
            parameter.grad = null;
        }

        using SeriesEncoding managed = network.EncodeTargets(single.Targets, single.Mask, single.Query);
        managed.Backward(cotangent.to(ScalarType.Float32));
        Assert.IsTrue(managed.State.to(ScalarType.Float64).allclose(exact.State, 1e-4, 1e-5));
        foreach ((Tensor gradient, Tensor parameter) in gradients.Zip(TargetParameters()))
        {
            Assert.IsTrue(parameter.grad!.to(ScalarType.Float64).allclose(gradient, 1e-4, 1e-5));
        }

        Tensor[] TargetParameters() => [.. network.named_parameters().Where(pair => pair.name.StartsWith("targets", StringComparison.Ordinal)).Select(pair => pair.parameter)];
    }

    [TestMethod]
    public void A_posterior_without_control_does_not_diverge_from_the_prior()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        using LatentSdeNetwork network = Create(isSimulated: true, generator);
        LatentProblem problem = LatentProblem.Create();
        Assert.AreEqual(0, Reconstruct(network, problem).Divergence.abs().max().item<double>(), 1e-12);
    }

    [TestMethod]
    public void Paths_of_a_row_do_not_depend_on_the_rows_beside_it_or_on_how_far_they_are_followed()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using LatentSdeNetwork network = Perturbed(isSimulated: false);
        LatentProblem problem = LatentProblem.Create();
        (Tensor mean, Tensor scale) = network.Predict(problem.Mean, problem.LogVariance, problem.Query, CancellationToken.None);

        // The first row alone, on a grid that goes on.
        LatentQuery alone = new(
            [.. Enumerable.Range(0, 80).Select(i => i / 4.0)],
            cat([problem.Query.Controls!.narrow(1, 0, 1), zeros(71, 1, 1, dtype: ScalarType.Float64)]),
            [1, 4],
            problem.Query.Places[..2],
            problem.Query.TargetFeatures[..2])
        { Levels = problem.Query.Levels![..1] };
        (Tensor aloneMean, Tensor aloneScale) = network.Predict(problem.Mean[..1], problem.LogVariance[..1], alone, CancellationToken.None);
        Assert.IsTrue(mean[..2].allclose(aloneMean, 1e-9, 1e-9));
        Assert.IsTrue(scale[..2].allclose(aloneScale, 1e-9, 1e-9));
    }

    [TestMethod]
    public void Between_two_steps_paths_spread_and_keep_together_as_at_the_steps()
    {
        // Without drift and with a constant diffusion the variance of the state is linear in time, wherever the steps are.
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using var generator = new Generator(1);
        using LatentSdeNetwork network = Create(isSimulated: false, generator);
        foreach (Tensor parameter in network.named_parameters().Where(pair => pair.name.StartsWith("prior.drift", StringComparison.Ordinal)).Select(pair => pair.parameter))
        {
            parameter.zero_();
        }

        network.named_parameters().Single(pair => pair.name == "decoder.linear.weight").parameter.slice(0, 0, 2, 1).slice(1, 0, 3, 1).copy_(eye(2, 3, dtype: ScalarType.Float64));
        const int paths = 20000;
        double[] places = [0.25, 0.5, 1];
        LatentQuery query = new([0, 1], zeros(2, 1, 1, dtype: ScalarType.Float64), [0, 0, 0], places, zeros(3, 2, dtype: ScalarType.Float64)) { Levels = zeros(1, 2, dtype: ScalarType.Float64) };
        var noise = new PathNoise(BrownianPath.Seeds(1, paths), Rows: 1, IsCommon: false);
        (Tensor values, _) = network.Simulate(zeros(1, 3, dtype: ScalarType.Float64), full([1, 3], -30.0, dtype: ScalarType.Float64), query, noise, CancellationToken.None);
        Tensor covariances = values.select(2, 0).cov();
        for (int i = 0; i < places.Length; i++)
        {
            double whole = covariances[2, 2].item<double>();
            Assert.AreEqual(places[i], covariances[i, i].item<double>() / whole, 0.05);
            Assert.AreEqual(places[i], covariances[i, 2].item<double>() / whole, 0.05);
        }
    }

    [TestMethod]
    [DataRow(false, nameof(LatentPathMethod.Heun))]
    [DataRow(true, nameof(LatentPathMethod.Heun))]
    [DataRow(true, nameof(LatentPathMethod.EulerMaruyama))]
    public void Paths_in_managed_memory_are_those_of_tensor_operations(bool isCommon, string method)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using LatentSdeNetwork network = Perturbed(isSimulated: false, Enum.Parse<LatentPathMethod>(method));
        LatentProblem problem = LatentProblem.Create();
        PathNoise noise = isCommon ? PathNoise.Common(seed: 1, rows: 2, paths: 6) : new PathNoise(BrownianPath.Seeds(1, 10), Rows: 2, IsCommon: false);
        (Tensor mean, Tensor scale) = network.Simulate(problem.Mean, problem.LogVariance, problem.Query, noise, CancellationToken.None);
        network.to(ScalarType.Float32);
        LatentProblem single = problem.ToSingle();
        (Tensor managedMean, Tensor managedScale) = network.Simulate(single.Mean, single.LogVariance, single.Query, noise, CancellationToken.None);
        Assert.IsTrue(managedMean.to(ScalarType.Float64).allclose(mean, 1e-4, 1e-5));
        Assert.IsTrue(managedScale.to(ScalarType.Float64).allclose(scale, 1e-4, 1e-5));
    }

    [TestMethod]
    public void Paths_of_Heuns_method_settle_sooner_as_steps_become_shorter_than_those_of_Euler_Maruyama()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        double[] changes = [.. new[] { LatentPathMethod.EulerMaruyama, LatentPathMethod.Heun }.Select(method =>
        {
            // With little noise, as the order in the drift is what differs.
            using LatentSdeNetwork network = Perturbed(isSimulated: false, method);
            network.named_parameters().Single(pair => pair.name == "prior.diffusion.offset").parameter.fill_(-6);
            return (Ends(network, 1) - Ends(network, 4)).abs().mean().item<double>();
        })];
        Assert.IsLessThan(0.2 * changes[0], changes[1]);

        // One path from one row's start over a horizon and a half, in so many steps for each of eight, whose noise is the same.
        static Tensor Ends(LatentSdeNetwork network, int finer)
        {
            int steps = 8 * finer;
            LatentQuery query = new(
                [.. Enumerable.Range(0, (3 * steps / 2) + 1).Select(i => i / (double)steps)],
                zeros((3 * steps / 2) + 1, 1, 1, dtype: ScalarType.Float64),
                [(3L * steps / 2) - 1],
                [1],
                zeros(1, 2, dtype: ScalarType.Float64))
            { Levels = zeros(1, 2, dtype: ScalarType.Float64) };
            PathNoise noise = PathNoise.Common(seed: 1, rows: 1, paths: 64) with { StepsAtOnce = finer };
            return network.Simulate(ones(1, 3, dtype: ScalarType.Float64), full([1, 3], -4.0, dtype: ScalarType.Float64), query, noise, CancellationToken.None).Mean;
        }
    }

    [TestMethod]
    public void The_variance_of_a_bridge_between_targets_has_the_slope_of_finite_differences()
    {
        using DisposeScope scope = NewDisposeScope();
        var context = new TargetContext(tensor(new[] { 0, 0.3, 0.8, 0.8 }, [1, 4]), zeros(1, 4, 2, dtype: ScalarType.Float64));
        const double step = 1e-6;
        double[] places = [0.1, 0.25, 0.5, 0.7];
        BetweenTargets At(double shift) => context.At(tensor(Array.ConvertAll(places, place => place + shift), [1, places.Length]));
        Tensor slope = (At(step).Bridge - At(-step).Bridge) / (2 * step);
        Assert.IsTrue(slope.allclose(At(0).BridgeSlope, 1e-6, 1e-8));
        Assert.AreEqual(0.2 * 0.3 / 0.5, At(0).Bridge[0, 2, 0].item<double>(), 1e-9);
        Assert.AreEqual(0, context.At(context.Times).Bridge.abs().max().item<double>(), 1e-12);
    }

    [TestMethod]
    public void Times_that_crowd_before_targets_have_the_mean_of_uniform_ones()
    {
        using DisposeScope scope = NewDisposeScope();
        var context = new TargetContext(tensor(new[] { 0, 0.3, 0.8, 0.8 }, [1, 4]), zeros(1, 4, 2, dtype: ScalarType.Float64));
        const int count = 4000;
        (Tensor times, Tensor weights) = context.Crowd((arange(0, count, ScalarType.Float64) + 0.5).view(1, count) * (0.8 / count));
        Assert.AreEqual(1, weights.mean().item<double>(), 1e-6);
        Assert.AreEqual(0.4, (times * weights).mean().item<double>(), 1e-6);
        Assert.AreEqual(0.8 * 0.8 / 3, (times.square() * weights).mean().item<double>(), 1e-6);
        Assert.IsGreaterThan(0.15 * count, times.gt(0.75).sum().item<long>());
    }

    [TestMethod]
    public void Values_that_are_missing_lie_between_those_around_them()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor mask = tensor(new double[] { 0, 1, 1, 1, 1, 0, 0, 1 }, [1, 4, 2]);
        Tensor targets = tensor(new double[] { 9, 1, 4, 3, 6, 9, 9, 5 }, [1, 4, 2]);
        Tensor features = tensor(new[] { 0.1, 0.2, 0.3, 0.4 }, [4, 1]);
        Tensor nodes = TargetEncoder.Context(zeros(1, 4, 3, dtype: ScalarType.Float64), tensor(new double[] { 2, 0 }, [1, 2]), targets, mask, features).Nodes;
        double[] expected = [2, 0, 3, 1, 4, 3, 6, 4, 6, 5];
        CollectionAssert.AreEqual(expected, nodes.narrow(2, 3, 2).contiguous().data<double>().Select(value => Math.Round(value, 9)).ToArray());
    }

    [TestMethod]
    public void An_untrained_posterior_follows_the_values_that_are_observed()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        using LatentSdeNetwork network = Create(isSimulated: false, generator);
        LatentProblem problem = LatentProblem.Create();
        problem = problem with { Mean = zeros_like(problem.Mean) };
        Tensor mean = Reconstruct(network, problem).Mean.view_as(problem.Targets);
        Assert.IsLessThan(0.3, ((mean - problem.Targets) * problem.Mask).abs().max().item<double>());
    }

    [TestMethod]
    public void Marginals_between_targets_have_the_slopes_of_finite_differences()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using var generator = new Generator(1);
        var prior = new LatentSdePrior(Sizes, bends: true, generator);
        var posterior = new MarginalPosterior(context: 2, observed: 1, latent: 3, hidden: 5, generator);
        Perturb(prior, generator);
        Perturb(posterior, generator);
        var context = new TargetContext(tensor(new[] { 0, 0.3, 0.8 }, [1, 3]), randn([1, 3, 2], ScalarType.Float64, generator: generator));
        (Tensor, Tensor) initial = (randn([1, 3], ScalarType.Float64, generator: generator), randn([1, 3], ScalarType.Float64, generator: generator));
        var query = new LatentQuery([0, 0.25, 0.5, 0.75, 1], randn([5, 1, 1], ScalarType.Float64, generator: generator), [0], [0], zeros(1, 1));
        const double step = 1e-6;
        LatentMarginal At(double shift) => posterior.AlongPath(prior, context, tensor(new[] { 0.1, 0.25, 0.5, 0.7 }, [1, 4]) + shift, initial, query);
        LatentMarginal middle = At(0), before = At(-step), after = At(step);
        double unit = 2 * step * LatentNetwork.HorizonLength;
        Assert.IsTrue(((after.Mean - before.Mean) / unit).allclose(middle.MeanSlope, 1e-6, 1e-8));
        Assert.IsTrue(((after.Scale - before.Scale) / unit).allclose(middle.ScaleSlope, 1e-6, 1e-8));
    }

    [TestMethod]
    public void An_untrained_posterior_follows_paths_of_the_drift_between_values_to_the_third_order()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using var generator = new Generator(1);
        (LatentSdePrior prior, MarginalPosterior posterior, Tensor first) = FreeMotion(generator);

        double Error(double gap)
        {
            var context = new TargetContext(tensor(new[] { 0, gap }, [1, 2]), cat([first, Flow(prior, first, gap)], 1));
            Tensor mean = posterior.AlongPath(prior, context, tensor(new[] { gap / 4 }, [1, 1]), Origin, NoControls).Mean;
            return (mean - Flow(prior, first, gap / 4)).abs().max().item<double>();
        }

        Assert.IsGreaterThan(2.7, Math.Log2(Error(0.02) / Error(0.01)));
    }

    [TestMethod]
    public void Noise_of_observations_is_smoothed_where_the_diffusion_is_small_and_left_where_it_is_large()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using var generator = new Generator(1);
        (LatentSdePrior prior, MarginalPosterior posterior, Tensor first) = FreeMotion(generator);
        const int nodes = 41;
        double[] times = [.. Enumerable.Range(0, nodes).Select(i => i / (double)(nodes - 1))];
        Tensor path = cat([first, .. times.Skip(1).Select(time => Flow(prior, first, time))], 1);
        Tensor noise = randn(path.shape, ScalarType.Float64, generator: generator) * 0.02;
        var context = new TargetContext(tensor(times, [1, nodes]), path + noise);

        // What is left of the noise where diffusions are log(1 + e^offset) and a hundredth.
        double Left(double offset)
        {
            foreach ((string name, Tensor parameter) in prior.named_parameters().Where(pair => pair.name.StartsWith("diffusion", StringComparison.Ordinal)))
            {
                parameter.fill_(name.EndsWith("offset", StringComparison.Ordinal) ? offset : 0);
            }

            Tensor smooth = posterior.Smooth(prior, context, Origin, NoControls).Nodes;
            return ((smooth - path).square().mean().sqrt() / noise.square().mean().sqrt()).item<double>();
        }

        Assert.IsLessThan(0.7, Left(-9));
        Assert.AreEqual(1, Left(2), 0.02);
    }

    [TestMethod]
    public void The_derivative_of_a_diffusion_is_that_of_autograd()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        var diffusion = new DiagonalDiffusion(3, generator);
        Perturb(diffusion, generator);
        Tensor state = randn([4, 3], ScalarType.Float64, generator: generator).requires_grad_();
        diffusion.forward(state).sum().backward();
        (Tensor value, Tensor derivative) = diffusion.Linearize(state);
        Assert.IsTrue(value.allclose(diffusion.forward(state)));
        Assert.IsTrue(derivative.allclose(state.grad!, 1e-10, 1e-12));
    }

    private static Tensor Loss(LatentSdeNetwork network, LatentProblem problem)
    {
        (Tensor mean, Tensor scale, Tensor divergence) = Reconstruct(network, problem);
        return (mean.pow(2) * 0.3).sum() + scale.log().sum() + divergence.sum();
    }

    private static (Tensor Mean, Tensor Scale, Tensor Divergence) Reconstruct(LatentSdeNetwork network, LatentProblem problem)
    {
        using var generator = new Generator(3);
        return network.Reconstruct(problem.Mean, problem.LogVariance, network.EncodeTargets(problem.Targets, problem.Mask, problem.Query).State, problem.Targets, problem.Mask, problem.Query, generator, CancellationToken.None);
    }

    private static LatentSdeNetwork Create(bool isSimulated, Generator generator, LatentPathMethod method = LatentPathMethod.Heun, int levels = 2)
    {
        var network = new LatentSdeNetwork(new GruEncoder(Sizes.Features, Sizes.Hidden, generator), Sizes, method, isSimulated, paths: 6, levels, generator);
        network.to(ScalarType.Float64);
        return network;
    }

    private static LatentSdeNetwork Perturbed(bool isSimulated, LatentPathMethod method = LatentPathMethod.Heun, int levels = 2)
    {
        using var generator = new Generator(1);
        LatentSdeNetwork network = Create(isSimulated, generator, method, levels);
        Perturb(network, generator);
        return network;
    }

    // Layers that start at zero hide what lies behind them.
    // All of a state is observed, and nothing but its drift moves it.
    private static (LatentSdePrior Prior, MarginalPosterior Posterior, Tensor First) FreeMotion(Generator generator)
    {
        var prior = new LatentSdePrior(Sizes with { Controls = 0 }, bends: true, generator);
        Perturb(prior, generator);
        var posterior = new MarginalPosterior(context: 3, observed: 3, latent: 3, hidden: 5, generator);
        posterior.to(ScalarType.Float64);
        return (prior, posterior, randn([1, 1, 3], ScalarType.Float64, generator: generator));
    }

    private static (Tensor, Tensor) Origin => (zeros([1, 3], ScalarType.Float64), zeros([1, 3], ScalarType.Float64));

    private static LatentQuery NoControls => new([0, 1], null, [0], [0], zeros(1, 1));

    // Where a state is after a time in horizons.
    private static Tensor Flow(LatentSdePrior prior, Tensor first, double time)
    {
        const int steps = 200;
        double step = time * LatentNetwork.HorizonLength / steps;
        Tensor Change(Tensor at) => prior.Drift(at, zeros([1, 1], ScalarType.Float64), NoControls) * step;
        return Enumerable.Range(0, steps).Aggregate(first, (at, _) => at + Change(at + (Change(at) / 2)));
    }

    private static void Perturb(nn.Module module, Generator generator)
    {
        using IDisposable noGradient = no_grad();
        module.to(ScalarType.Float64);
        foreach (Tensor parameter in module.parameters())
        {
            parameter.add_(randn(parameter.shape, ScalarType.Float64, generator: generator) * 0.1);
        }
    }
}
