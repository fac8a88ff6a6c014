using System.Collections.Concurrent;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>Buffers that are made once and lent to one thread at a time.</summary>
/// <typeparam name="T">The buffers of one evaluation.</typeparam>
/// <param name="create">Makes buffers where all are lent.</param>
internal sealed class WorkspacePool<T>(Func<T> create) : IDisposable
    where T : class, IDisposable
{
    private readonly ConcurrentBag<T> _free = [];

    /// <summary>Takes buffers out, which <see cref="Return"/> puts back.</summary>
    public T Rent() => _free.TryTake(out T? workspace) ? workspace : create();

    public void Return(T workspace) => _free.Add(workspace);

    /// <summary>Disposes of the buffers; none may be lent any more.</summary>
    public void Dispose()
    {
        while (_free.TryTake(out T? workspace))
        {
            workspace.Dispose();
        }
    }
}
