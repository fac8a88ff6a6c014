using Microsoft.ML.Implicit.Layers.Relaxations;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Relaxations;

/// <summary>Chains of labels against all their sequences written out.</summary>
[TestClass]
public sealed class LinearChainTests
{
    private const int Steps = 4;
    private const int Labels = 3;

    [TestMethod]
    public void Sums_marginals_and_the_best_sequence_are_those_of_all_sequences()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor scores, Tensor transitions) = Problem();
        long[][] sequences = [.. Enumerable.Range(0, (int)Math.Pow(Labels, Steps)).Select(code => Enumerable.Range(0, Steps).Select(step => code / (long)Math.Pow(Labels, step) % Labels).ToArray())];
        Tensor[] each = [.. sequences.Select(sequence => LinearChain.Score(scores, transitions, tensor(sequence).expand(2, Steps)))];
        Tensor all = stack(each, 1);
        Assert.IsLessThan(1e-12, (LinearChain.LogPartition(scores, transitions) - all.logsumexp(1)).abs().max().item<double>());
        Tensor expected = zeros(2, Steps, Labels, ScalarType.Float64), probabilities = all.softmax(1);
        for (int i = 0; i < sequences.Length; i++)
        {
            for (int step = 0; step < Steps; step++)
            {
                expected[.., step, (int)sequences[i][step]] = expected[.., step, (int)sequences[i][step]] + probabilities[.., i];
            }
        }

        Assert.IsLessThan(1e-12, (LinearChain.Marginals(scores, transitions) - expected).abs().max().item<double>());
        long[] best = [.. all.argmax(1).data<long>()];
        CollectionAssert.AreEqual(best.SelectMany(i => sequences[i]).ToArray(), LinearChain.MostLikely(scores, transitions).data<long>().ToArray());
    }

    [TestMethod]
    public void Marginals_are_the_gradient_of_the_sum_and_have_gradients_of_their_own()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor scores, Tensor transitions) = Problem();
        Tensor leaf = scores.clone().requires_grad_();
        LinearChain.LogPartition(leaf, transitions).sum().backward();
        Assert.IsLessThan(1e-12, (leaf.grad! - LinearChain.Marginals(scores, transitions)).abs().max().item<double>());
        RelaxationGradients.AssertMatch(x => LinearChain.Marginals(x[0], x[1]), 1e-8, scores, transitions);
    }

    [TestMethod]
    public void One_step_is_a_softmax_and_shapes_that_do_not_fit_are_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor scores, Tensor transitions) = Problem();
        Tensor one = scores[.., ..1, ..];
        Assert.IsLessThan(1e-12, (LinearChain.Marginals(one, transitions) - one.softmax(2)).abs().max().item<double>());
        CollectionAssert.AreEqual(one.argmax(2).reshape(-1).data<long>().ToArray(), LinearChain.MostLikely(one, transitions).reshape(-1).data<long>().ToArray());
        Assert.ThrowsExactly<ArgumentException>(() => LinearChain.Marginals(scores, transitions[..2]));
        Assert.ThrowsExactly<ArgumentException>(() => LinearChain.Score(scores, transitions, zeros(2, 3, ScalarType.Int64)));
    }

    private static (Tensor Scores, Tensor Transitions) Problem()
    {
        using var random = new Generator(1);
        return (randn([2, Steps, Labels], ScalarType.Float64, generator: random), randn([Labels, Labels], ScalarType.Float64, generator: random));
    }
}
