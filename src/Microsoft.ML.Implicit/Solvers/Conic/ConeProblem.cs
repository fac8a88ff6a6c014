using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Conic;

/// <summary>
/// A batch of convex cone programs: minimise ½ xᵀPx + qᵀx subject to A x + s = b with the slacks s in a product of cones. Each tensor is one for all rows, or has one
/// entry a row in front. P and A are matrices, or the values of the entries that a <see cref="SparseEntries"/> says the places of. The tensors are the caller's; all have one device and one
/// floating-point type.
/// </summary>
public sealed class ConeProblem
{
    private const long MaximumEntries = 1L << 28;

    /// <summary>Creates a problem.</summary>
    /// <param name="p">P, [n, n] or [batch, n, n], positive semidefinite to within the rounding of its type; its symmetric part counts. Null: zero. With entries its values, [entries] or [batch, entries].</param>
    /// <param name="q">q, [n] or [batch, n].</param>
    /// <param name="a">A, [m, n] or [batch, m, n]; m may be 0. With entries its values, [entries] or [batch, entries].</param>
    /// <param name="b">b, [m] or [batch, m].</param>
    /// <param name="cones">The cones that the slacks are in, one after the other; their dimensions add up to m.</param>
    /// <param name="pEntries">Where P has entries, or null where a matrix is given.</param>
    /// <param name="aEntries">Where A has entries, or null where a matrix is given.</param>
    /// <exception cref="ArgumentException">Shapes, types or devices do not match, and the message names the argument; or a matrix that is given whole has more than 2²⁸ entries.</exception>
    public ConeProblem(Tensor? p, Tensor q, Tensor a, Tensor b, IReadOnlyList<Cone> cones, SparseEntries? pEntries = null, SparseEntries? aEntries = null)
    {
        ArgumentNullException.ThrowIfNull(q);
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(cones);
        NativeBackend.EnsureLoaded();
        if (q.dim() is not (1 or 2) || q.shape[^1] == 0)
        {
            throw new ArgumentException($"q has shape [{string.Join(", ", q.shape)}]; expected [n] or [batch, n] with n at least 1.", nameof(q));
        }

        Cones = [.. cones];
        long variables = q.shape[^1], constraints = Cones.Sum(cone => (long)cone.Dimension);
        if ((aEntries is null && variables * constraints > MaximumEntries) || (p is not null && pEntries is null && variables * variables > MaximumEntries))
        {
            throw new ArgumentException($"{variables} variables and {constraints} slacks are too many for dense matrices, which may have {MaximumEntries} entries: give entries.", nameof(a));
        }

        (P, Q, A, B, PEntries, AEntries) = (p, q, a, b, pEntries, aEntries);
        (Variables, Constraints) = ((int)variables, (int)constraints);
        int? batch = null;
        Check(pEntries, nameof(pEntries), variables, variables);
        Check(aEntries, nameof(aEntries), constraints, variables);
        Check(p, nameof(p), pEntries is null ? [variables, variables] : [pEntries.Count], ref batch);
        Check(q, nameof(q), [variables], ref batch);
        Check(a, nameof(a), aEntries is null ? [constraints, variables] : [aEntries.Count], ref batch);
        Check(b, nameof(b), [constraints], ref batch);
        BatchSize = batch ?? 1;
    }

    /// <summary>P or the values of its entries, or null where it is zero.</summary>
    public Tensor? P { get; }

    /// <summary>q.</summary>
    public Tensor Q { get; }

    /// <summary>A or the values of its entries.</summary>
    public Tensor A { get; }

    /// <summary>b.</summary>
    public Tensor B { get; }

    /// <summary>Where P has entries, or null where it is given whole.</summary>
    public SparseEntries? PEntries { get; }

    /// <summary>Where A has entries, or null where it is given whole.</summary>
    public SparseEntries? AEntries { get; }

    /// <summary>The cones of the slacks, in their order.</summary>
    public IReadOnlyList<Cone> Cones { get; }

    /// <summary>n.</summary>
    public int Variables { get; }

    /// <summary>m, the number of slacks.</summary>
    public int Constraints { get; }

    /// <summary>Number of rows, possibly 0; 1 where no tensor has a batch dimension.</summary>
    public int BatchSize { get; }

    /// <summary>The tensors that are present: P, q, A, b.</summary>
    internal IEnumerable<Tensor> Tensors => P is null ? [Q, A, B] : [P, Q, A, B];

    /// <summary>The same problem with other tensors, in the order of <see cref="Tensors"/>.</summary>
    internal ConeProblem With(IReadOnlyList<Tensor> tensors) => new(P is null ? null : tensors[0], tensors[^3], tensors[^2], tensors[^1], Cones, PEntries, AEntries);

    private static void Check(SparseEntries? entries, string name, long rows, long columns)
    {
        if (entries is not null && (entries.Rows != rows || entries.Columns != columns))
        {
            throw new ArgumentException($"{name} are of a matrix [{entries.Rows}, {entries.Columns}]; expected [{rows}, {columns}].", name);
        }
    }

    private void Check(Tensor? tensor, string name, long[] shape, ref int? batch)
    {
        if (tensor is null)
        {
            return;
        }

        bool isBatched = tensor.dim() == shape.Length + 1;
        if (!(isBatched ? tensor.shape[1..] : tensor.shape).AsSpan().SequenceEqual(shape))
        {
            string expected = string.Join(", ", shape);
            throw new ArgumentException(
                $"{name} has shape [{string.Join(", ", tensor.shape)}]; expected [{expected}] or [batch, {expected}], for q has shape [{string.Join(", ", Q.shape)}] and the cones have {Constraints} slacks.", name);
        }

        if (tensor.dtype != Q.dtype || tensor.dtype is not (ScalarType.Float32 or ScalarType.Float64) || tensor.device.ToString() != Q.device.ToString())
        {
            throw new ArgumentException($"{name} is {tensor.dtype} on {tensor.device}; all tensors must be Float32 or Float64 alike, on one device: q is {Q.dtype} on {Q.device}.", name);
        }

        if (isBatched && tensor.shape[0] != (batch ?? tensor.shape[0]))
        {
            throw new ArgumentException($"{name} has shape [{string.Join(", ", tensor.shape)}], so a batch of {tensor.shape[0]}; the tensors before it have a batch of {batch}.", name);
        }

        batch = isBatched ? (int)tensor.shape[0] : batch;
    }
}
