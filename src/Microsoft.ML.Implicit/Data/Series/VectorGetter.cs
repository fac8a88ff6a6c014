using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Getters of vectors that are arrays.</summary>
internal static class VectorGetter
{
    public static ValueGetter<VBuffer<T>> Create<T>(Func<T[]> source) => (ref VBuffer<T> target) =>
    {
        T[] values = source();
        VBufferEditor<T> editor = VBufferEditor.Create(ref target, values.Length);
        values.CopyTo(editor.Values);
        target = editor.Commit();
    };
}
