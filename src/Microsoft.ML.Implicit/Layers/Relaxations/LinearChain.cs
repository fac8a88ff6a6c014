using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Relaxations;

/// <summary>
/// Inference in a chain of labels, each bound to the next (Rabiner, 1989; Lafferty, McCallum and Pereira, 2001, "Conditional random fields"): p(y) ∝ exp(Σ uₜ(yₜ) + Σ T(yₜ, yₜ₊₁)),
/// by passing messages forward and back; differentiable with respect to both scores.
/// </summary>
/// <example><code>
/// Tensor loss = LinearChain.LogPartition(scores, transitions) - LinearChain.Score(scores, transitions, labels);
/// Tensor probabilities = LinearChain.Marginals(scores, transitions);
/// Tensor path = LinearChain.MostLikely(scores, transitions);
/// </code></example>
public static class LinearChain
{
    /// <summary>The logarithm of the sum over all sequences of labels.</summary>
    /// <param name="scores">u, <c>[rows, steps, labels]</c>.</param>
    /// <param name="transitions">T, <c>[labels, labels]</c>: from one label to the next one's.</param>
    /// <returns><c>[rows]</c>.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Tensor LogPartition(Tensor scores, Tensor transitions)
    {
        Check(scores, transitions);
        using DisposeScope scope = NewDisposeScope();
        return Forward(scores, transitions)[^1].Plus(scores.select(1, -1)).logsumexp(1).MoveToOuterDisposeScope();
    }

    /// <summary>The score of given sequences, so that <c>Score - LogPartition</c> is their log probability.</summary>
    /// <param name="scores">u, <c>[rows, steps, labels]</c>.</param>
    /// <param name="transitions">T, <c>[labels, labels]</c>.</param>
    /// <param name="labels">y, int64 <c>[rows, steps]</c>.</param>
    /// <returns><c>[rows]</c>.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or a label is out of range.</exception>
    public static Tensor Score(Tensor scores, Tensor transitions, Tensor labels)
    {
        Check(scores, transitions);
        ArgumentNullException.ThrowIfNull(labels);
        (long steps, long count) = (scores.shape[1], scores.shape[2]);
        if (!labels.shape.SequenceEqual([scores.shape[0], steps]) || labels.dtype != ScalarType.Int64)
        {
            throw new ArgumentException($"Labels must be int64 of shape [{scores.shape[0]}, {steps}].", nameof(labels));
        }

        using (Tensor isWithin = labels.ge(0.Held()).logical_and(labels.lt(count.Held())), areWithin = isWithin.all())
        {
            if (!areWithin.item<bool>())
            {
                throw new ArgumentException($"Labels must be from 0 to {count - 1}, as many as there are scores a step.", nameof(labels));
            }
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor own = scores.gather(2, labels.unsqueeze(2)).sum([1, 2]);
        Tensor pairs = (labels.narrow(1, 0, steps - 1) * count.Held()).Plus(labels.narrow(1, 1, steps - 1));
        return own.Plus(transitions.reshape(-1).index_select(0, pairs.reshape(-1)).reshape(pairs.shape).sum(1)).MoveToOuterDisposeScope();
    }

    /// <summary>The probability of each label at each step.</summary>
    /// <param name="scores">u, <c>[rows, steps, labels]</c>.</param>
    /// <param name="transitions">T, <c>[labels, labels]</c>.</param>
    /// <returns><c>[rows, steps, labels]</c>.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Tensor Marginals(Tensor scores, Tensor transitions)
    {
        Check(scores, transitions);
        using DisposeScope scope = NewDisposeScope();
        Tensor forward = stack(Forward(scores, transitions), 1);
        Tensor backward = stack([.. Forward(scores.flip(1), transitions.t()).Reverse()], 1);
        return forward.Plus(scores).Plus(backward).softmax(2).MoveToOuterDisposeScope();
    }

    /// <summary>The sequence of labels of the largest probability (Viterbi, 1967).</summary>
    /// <param name="scores">u, <c>[rows, steps, labels]</c>.</param>
    /// <param name="transitions">T, <c>[labels, labels]</c>.</param>
    /// <returns>Int64 <c>[rows, steps]</c>.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Tensor MostLikely(Tensor scores, Tensor transitions)
    {
        Check(scores, transitions);
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        long steps = scores.shape[1];
        var origins = new Stack<Tensor>();
        Tensor best = scores.select(1, 0);
        for (long step = 1; step < steps; step++)
        {
            (Tensor values, Tensor from) = best.unsqueeze(2).Plus(transitions).max(1);
            origins.Push(from);
            best = values.Plus(scores.select(1, step));
        }

        var path = new List<Tensor> { best.argmax(1) };
        while (origins.TryPop(out Tensor? from))
        {
            path.Add(from.gather(1, path[^1].unsqueeze(1)).squeeze(1));
        }

        path.Reverse();
        return stack(path, 1).MoveToOuterDisposeScope();
    }

    // What reaches each step from those before it, [rows, labels] a step.
    private static Tensor[] Forward(Tensor scores, Tensor transitions)
    {
        var messages = new Tensor[scores.shape[1]];
        messages[0] = zeros_like(scores.select(1, 0));
        for (int step = 1; step < messages.Length; step++)
        {
            Tensor before = messages[step - 1].Plus(scores.select(1, step - 1));
            messages[step] = before.unsqueeze(2).Plus(transitions).logsumexp(1);
        }

        return messages;
    }

    private static void Check(Tensor scores, Tensor transitions)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(transitions);
        NativeBackend.EnsureLoaded();
        if (scores.dim() != 3 || scores.shape[1] == 0 || !transitions.shape.SequenceEqual([scores.shape[2], scores.shape[2]]) || transitions.dtype != scores.dtype)
        {
            throw new ArgumentException(
                $"Scores must have shape [rows, steps, labels] and transitions [labels, labels] of the same type; they have [{string.Join(", ", scores.shape)}] and [{string.Join(", ", transitions.shape)}].",
                nameof(scores));
        }
    }
}
