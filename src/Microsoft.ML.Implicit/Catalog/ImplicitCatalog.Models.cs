using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML;

public static partial class ImplicitCatalog
{
    /// <summary>
    /// Saves a model as ML.NET's own <c>Save</c> does, to a file that is replaced as a whole: whatever ends the program or the write, there is the model that was there before or the new one.
    /// ML.NET's writes in place, so that a process that is killed or a disk that is full leaves neither.
    /// </summary>
    /// <param name="catalog">ML.NET's catalog.</param>
    /// <param name="model">The model, of this library or not.</param>
    /// <param name="inputSchema">Schema of the model's input, or <see langword="null"/>.</param>
    /// <param name="filePath">File to create or replace; a symbolic link stays one, and the file that it names is replaced. On Unix the new file has the permissions of the one it replaces. While it is written there is a second file beside it, which stays where the process is killed.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The disk is full or the file cannot be replaced; what was there before is as it was.</exception>
    /// <example><code>
    /// ml.Model.SaveAtomically(model, data.Schema, "model.zip");
    /// </code></example>
    public static void SaveAtomically(this ModelOperationsCatalog catalog, ITransformer model, DataViewSchema? inputSchema, string filePath)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(filePath);
        AtomicFile.Write(filePath, file => catalog.Save(model, inputSchema, file));
    }
}
