using Mono.Cecil;

// RenameAssembly OLD NEW OUTPUT FILE...: writes each file to the folder OUTPUT, with OLD renamed to NEW as name and as reference.
if (args.Length < 4)
{
    Console.Error.WriteLine("usage: RenameAssembly OLD NEW OUTPUT FILE...");
    return 1;
}

var (oldName, newName, output) = (args[0], args[1], args[2]);
Directory.CreateDirectory(output);
foreach (var file in args[3..])
{
    using var resolver = new DefaultAssemblyResolver();
    resolver.AddSearchDirectory(Path.GetDirectoryName(Path.GetFullPath(file)));
    using var assembly = AssemblyDefinition.ReadAssembly(file, new ReaderParameters { AssemblyResolver = resolver });
    if (assembly.Name.Name == oldName)
    {
        assembly.Name.Name = newName;
        assembly.MainModule.Name = newName + ".dll";

        // The signature no longer fits the content; an unsigned assembly loads everywhere but in a .NET Framework host that insists.
        assembly.Name.PublicKey = [];
        assembly.Name.HasPublicKey = false;
        assembly.MainModule.Attributes &= ~ModuleAttributes.StrongNameSigned;
    }

    foreach (var reference in assembly.MainModule.AssemblyReferences.Where(r => r.Name == oldName))
    {
        reference.Name = newName;
        reference.PublicKeyToken = [];
    }

    var name = Path.GetFileNameWithoutExtension(file) == oldName ? newName + ".dll" : Path.GetFileName(file);
    assembly.Write(Path.Combine(output, name), new WriterParameters { DeterministicMvid = true });
}

return 0;
