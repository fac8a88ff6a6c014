using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>
/// Where the tensors of a state that consists of several lie in one tensor, so that a solver steps them together: each row
/// of the batch holds its row of every part, one after another. Parts are views of the whole.
/// </summary>
public sealed class OdeStateLayout
{
    private readonly long[][] _shapes;
    private readonly long[] _lengths;

    /// <summary>Creates a layout.</summary>
    /// <param name="shapes">For each part the shape of one row, that is, without the batch dimension; empty for one number a row.</param>
    /// <exception cref="ArgumentException">There is no part, or a part has no elements.</exception>
    public OdeStateLayout(params IReadOnlyList<long[]> shapes)
    {
        ArgumentNullException.ThrowIfNull(shapes);
        _shapes = [.. shapes.Select(s => s.ToArray())];
        _lengths = [.. _shapes.Select(s => s.Aggregate(1L, (product, size) => product * size))];
        if (_lengths.Length == 0 || _lengths.Any(l => l < 1))
        {
            throw new ArgumentException("A state needs at least one part, and every part at least one element a row.", nameof(shapes));
        }

        Width = _lengths.Sum();
    }

    /// <summary>Number of parts.</summary>
    public int Count => _lengths.Length;

    /// <summary>Number of elements in a row of all parts together.</summary>
    public long Width { get; }

    /// <summary>Puts parts into one tensor, within autograd.</summary>
    /// <param name="parts">The parts, each <c>[batch, ...]</c>.</param>
    /// <returns><c>[batch, width]</c>.</returns>
    /// <exception cref="ArgumentException">The parts do not have the layout's shapes.</exception>
    public Tensor Join(params IReadOnlyList<Tensor> parts)
    {
        Validate(parts, nameof(parts));
        using DisposeScope scope = NewDisposeScope();
        return cat([.. parts.Select((part, i) => part.reshape(part.shape[0], _lengths[i]))], 1).MoveToOuterDisposeScope();
    }

    /// <summary>Takes the parts out of one tensor, without copying them.</summary>
    /// <param name="state"><c>[..., width]</c>: a state <c>[batch, width]</c>, or the states of a solution, <c>[times, batch, width]</c>.</param>
    /// <returns>The parts, each with the leading dimensions of <paramref name="state"/>: views of it.</returns>
    /// <exception cref="ArgumentException">The last dimension is not the layout's width.</exception>
    public IReadOnlyList<Tensor> Split(Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        long[] shape = state.shape;
        if (shape.Length == 0 || shape[^1] != Width)
        {
            throw new ArgumentException($"A tensor of shape [{string.Join(", ", shape)}] was given; its last dimension must be {Width}.", nameof(state));
        }

        var parts = new Tensor[Count];
        long offset = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            using Tensor columns = state.narrow(-1, offset, _lengths[i]);
            parts[i] = columns.view([.. shape[..^1], .. _shapes[i]]);
            offset += _lengths[i];
        }

        return parts;
    }

    /// <summary>Throws when tensors are not parts of this layout over one batch.</summary>
    internal void Validate(IReadOnlyList<Tensor> parts, string name)
    {
        ArgumentNullException.ThrowIfNull(parts, name);
        if (parts.Count != Count)
        {
            throw new ArgumentException($"There are {parts.Count} tensors; the state has {Count} parts.", name);
        }

        for (int i = 0; i < Count; i++)
        {
            long[] shape = parts[i].shape;
            if (shape.Length == 0 || shape[0] != parts[0].shape[0] || !shape.AsSpan(1).SequenceEqual(_shapes[i]))
            {
                throw new ArgumentException($"Part {i} has shape [{string.Join(", ", shape)}]; it must be [{string.Join(", ", ["batch", .. _shapes[i]])}], with one batch size for all.", name);
            }
        }
    }
}
